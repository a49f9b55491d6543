def main(argv, *, index, embedding_model):
    raise NotImplementedError
