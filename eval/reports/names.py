"""What people call the measures, types and parts of a scorecard: every report takes its words from here."""

STAGES = {"keyword": "語", "vector": "意味", "fused": "融合", "reranked": "並べ替え後"}
TYPES = {
    "number": "数値",
    "date": "日付",
    "name": "名前",
    "place": "場所",
    "list": "列挙",
    "table_cell": "表のセル",
    "definition": "定義",
    "reason": "理由",
    "howto": "方法",
    "yesno": "はい・いいえ",
    "comparison": "比較",
    "temporal": "時点",
    "paraphrase": "言い換え",
    "unanswerable": "記載なし",
}
# The measures that two runs are compared by: the keys of a record's "measures".
MEASURES = {
    "right": "正答率",
    "value": "値の一致",
    "cited": "正答かつ出典の率",
    "page_hit": "ページの一致",
    "as_of": "時点の一致",
    "declined": "記載なしと答えた率",
    "character_f1": "文字F1",
    "list_precision": "列挙の適合率",
    "list_recall": "列挙の再現率",
    "citation_precision": "出典の適合率",
    "citation_recall": "出典の再現率",
    "recall@1": "検索の再現率@1",
    "recall@5": "検索の再現率@5",
    "recall@10": "検索の再現率@10",
    "mrr": "MRR",
    "ndcg@10": "nDCG@10",
}
MUST_BE_NONE = {
    "unsupported_answers": "根拠のない数字を含む答え",
    "quotes_not_verbatim": "原文どおりでない引用",
    "errors": "エラーで答えられなかった質問",
}
CHANGES = {
    "broken": "誤りになった",
    "fixed": "正しくなった",
    "uncited": "出典が外れた",
    "cited": "出典が合った",
    "changed": "答えの文が変わった",
}
# Why an answer counts as wrong: a word, and what it means.
FAULTS = {
    "wrong": ("内容が違う", "答えの内容が、正しい答えと違います。"),
    "declined": ("「記載なし」とした", "資料に答えがあるのに、「資料に記載がありません」と答えました。"),
    "invented": (
        "答えがないのに答えた",
        "資料に答えがない質問です。「資料に記載がありません」と答えるべきところでした。",
    ),
    "uncited": ("出典が違う", "答えは合っていますが、出典が正しい箇所を示していません。"),
    "too_long": ("長すぎる", "正しい答えを含みますが、決まった長さを超えています。"),
    "error": ("エラー", "エラーのため、答えられませんでした。"),
}
RANKED = {
    "recall@1": "1番目に",
    "recall@5": "5番目までに",
    "recall@10": "10番目までに",
    "mrr": "MRR",
    "ndcg@10": "nDCG@10",
}
STEPS = {"retrieve": "検索", "read": "読み取り", "check": "確認", "total": "全体"}


def set_name(name: str) -> str:
    """Return what a comparison's set is called: the set's own name, or all of them together."""
    return "全体" if name == "*" else name
