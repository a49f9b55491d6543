"""Sets derived by rule: is a right answer still right when only the wording, or the shelf around it, changes?"""
