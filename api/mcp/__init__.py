"""The collection as tools and resources of the Model Context Protocol, for assistants that are not ours."""
