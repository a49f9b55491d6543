"""stub"""


def resolve(question: str, before: str) -> str | None:
    return None
