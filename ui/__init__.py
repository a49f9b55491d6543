"""What a person sees: the Streamlit page, which speaks HTTP to the API and nothing else."""
