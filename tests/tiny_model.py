"""A BertModel of random weights and a tokenizer of single characters, as small as the reader can stand on."""

import json

CHARACTERS = (
    "、。？?|:：/ 0123456789,一二三千万円年度人口件数市町村長令和予算歳入出額はのをにがでいくらですか何あみほ野川"
)


class TinyModel:
    """Stands for ``SentenceEmbedder`` where the reader asks for its layers."""

    def __init__(self, folder, layers=8):
        import torch
        from tokenizers import Tokenizer, models, pre_tokenizers
        from transformers import BertConfig, BertModel

        torch.manual_seed(5)
        config = BertConfig(
            vocab_size=200,
            hidden_size=24,
            num_hidden_layers=layers,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=200,
            pad_token_id=1,
            initializer_range=0.3,  # else all texts look alike
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        self.bert = BertModel(config).eval()
        self.folder = folder
        words = {word: i for i, word in enumerate(("<s>", "<pad>", "</s>", "<unk>", *dict.fromkeys(CHARACTERS)))}
        tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
        tokenizer.save(str(folder / "tokenizer.json"))

    def layers(self):
        return self.bert, self.folder


def write_rows(path, rows):
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", encoding="utf-8")
