"""The front door: HTTP routes and the tenkyo command."""
