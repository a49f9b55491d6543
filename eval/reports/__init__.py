"""The scorecard for people: on a terminal, in a pull request, as one page to keep."""
