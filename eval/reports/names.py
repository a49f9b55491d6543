"""What people call the measures, types and parts of a scorecard: every report takes its words from here."""

import re

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
    "declined": "答えのない質問に答えなかった率",
    "told": "誤って「記載なし」としなかった率",
    "right_of_answered": "答えたうち正しい率",
    "right_of_high": "確度「高」のうち正しい率",
    "candidate": "答えか候補が正しい率",
    "in_passages": "示した箇所に答えのある率",
    "on_page": "示した箇所が正しいページの率",
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
# Words that the notes of the bank's questions are made of: how a question is put, and how near it comes to the papers.
NOTES = {
    "everyday": "ふだんの言い方",
    "two": "二つのことを聞く",
    "typo": "打ち間違い",
    "keywords": "語だけ",
    "nearmiss-detail": "近いことだけが書かれている（細かい点はない）",
    "nearmiss-indicator": "近いことだけが書かれている（別の指標）",
    "nearmiss-year": "近いことだけが書かれている（別の年）",
    "nearmiss-place": "近いことだけが書かれている（別の場所）",
}
# Why an answer counts as wrong: a word, and what it means.
FAULTS = {
    "wrong": ("内容が違う", "答えの内容が、正しい答えと違います。"),
    "declined": ("「記載なし」とした", "資料に答えがあるのに、「資料に記載がありません」と答えました。"),
    "unsure": (
        "一つに決めなかった",
        "答えがあるのに「一つに決められません」として、候補と箇所だけを示しました。",
    ),
    "invented": (
        "答えがないのに答えた",
        "資料に答えがない質問です。答えないのが正しいところでした。",
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
# Whether a scorecard tells how good the answers are: the mark beside its name, and what it means.
STANDINGS = {
    "初回": ("初見", "この質問の答えを見て手直ししたことはありません。"),
    "封印": ("封印", "誰も開かない質問です。"),
    "既読": ("既読", "作るときに見た質問なので、この数字は実力の目安になりません。"),
}
# Whether a word of confidence is worth what it promises.
KEPT = {True: "約束どおり", False: "約束に届かない", None: "まだ言えない"}
# Where the right answer was, whether it was picked or not.
REACH = {
    "candidate_recall": "答えか候補が正しい",
    "in_passages": "示した箇所に正しい答えがある",
    "on_page": "示した箇所が正しいページにある",
    "unsure_shown": "決められないとき正しい答えを示せた",
}
ONLY_READ = {
    "not_better": "見たことのある質問集だけが良くなっています。初見の質問集では、良くなったとはいえません。",
    "not_asked": "見たことのある質問集で良くなりました。初見の質問集でも良くなったかは、測っていません"
    "（--bank --baseline、--sealed --baseline で測れます）。",
}
_GROUPS = {"*": "全体", "*unread": "初見の質問集", "*read": "既読の質問集"}


def set_name(name: str) -> str:
    """Return what a comparison's set is called: the set's own name, or that of several together."""
    return _GROUPS.get(name, name)


def note_name(note: str) -> str:
    """Return the note of a question as it is shown; words of one's own stay."""
    return _NOTE.sub(lambda match: NOTES[match[0]], note).replace(",", "、")


_NOTE = re.compile("|".join(rf"(?<![a-z-]){word}(?![a-z-])" for word in sorted(NOTES, key=len, reverse=True)))
