"""Prose: the sentence that defines, gives the reason, tells the steps, or decides yes or no."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from answer.draft import Draft, Support
from answer.evidence import Atom, Statement, katakana
from answer.question import Question
from answer.scene import Scene, Scored
from answer.series import answer_series
from answer.spans import noun_runs, text_facts, when_fit
from ingest.dates import find_periods
from ingest.japanese import content_words, fold
from ingest.numbers import find_quantities

_LIMIT = 280  # characters of a prose answer; the contract allows 600
_SHORT = 78  # what a name or place may have, when only its sentence can be given
_REASON_MARK = re.compile(
    r"ため|により|によって|ことから|ので|背景|きっかけ|契機|踏まえ|に伴[いう]|理由|おかげ|影響|懸念|図る|目指"
    r"|つなげ|資する|向上|確保|解消|受け|要因|原因|となっており"
)
# What gives a reason in a cell. 例: 地権者との協議に時間を要したため。
_REASON_SAID = re.compile(
    r"ため(?!の|に、?[^。]{0,12}(?:整備|設置|実施))|により|による[。（(]|ので|ことから|に伴[いう]|影響|(?:結果|の)、?[^。]{0,20}(?:不足|増|減)"
)
_STEP_MARK = re.compile(
    r"申請|申込|申し込|予約|登録|提出|送信|起動|送付|発行|連絡|電話|受付|アクセス|ダウンロード|入力|手続|窓口"
    r"|相談|利用|方法|により|活用|許可|届|通知|締結|承認"
)
# What must or may be done: how a rule says what to do.
_DUTY = re.compile(
    r"なければならない|なければなりません|ものとする|(?:する|受ける)こと(?:。|$)|[てで]ください|必要があ|ことができ|すれば"
    r"|て得た額(?:とする|です)"
)
_NEGATIVE = re.compile(
    r"休止|休[みむん]|取りやめ|中止|運休|閉館|閉鎖|欠航|廃止|終了|停止|未定|未実施|未達|ない(?!し|よう)|ません|ず(?:、|に|$)|困難|不可|対象外|除く"
    r"|[ぁ-ん一-龠]せず|できな|下回|断念|見送|▲|△|なし(?!と)|無料|据え置"
)
# 例: 受けなければならない says that something is, not that it is not
_MUST = re.compile(
    r"なければな(?:らない|りません)|ないといけ(?:ない|ません)|(?:に|も)かかわらず|ほかならない|だけで(?:は|)なく|のみならず"
)


# 例: …をそろえること。 …を助ける制度である。
_KIND_OF_THING = re.compile(
    r"(?:こと|もの|制度|仕組み|しくみ|取組み?|取り組み|計画|施設|組織|会議|会社|事業|サービス|区域|をいう|を指す)"
    r"(?:です|である|のこと)?[。」)）]*$"
)


# 例: 車で出向く遠隔診療「X」を運用, 住民と役所が接する場である「X」
_CALLED = re.compile(r"[一-龠ァ-ヶー](?:である)?[「『]([^」』]+)[」』](?![一-龠ァ-ヶーa-z])")
_DEFINES = 0.15  # the least bonus of a text that says what a thing is, below that it only speaks of it


def answer_definition(scene: Scene) -> Draft:
    """Return what a thing is. 例: Xとは、… / ※ X：… / X（…） / the sentence under the heading X"""
    question = scene.question
    subject = _subject(question, scene)
    footnote = _footnoted(scene, subject)
    if footnote is not None:
        return footnote
    best: tuple[float, Scored, str] | None = None
    for scored in scene.statements[:40]:
        bonus, text = _defines(scored, subject)
        # To name a thing is not to say what it is, nor is to say how it goes.
        if bonus >= _DEFINES and (best is None or scored.score + bonus > best[0]):
            best = (scored.score + bonus, scored, text)
    for scored, fact in text_facts(scene):
        key = katakana(fact.row or fact.label)
        named = len(key) > 1 and (key == subject or subject.endswith("ノ" + key) or (subject and key.endswith(subject)))
        if not named or len(fact.value) <= 10 or not _KIND_OF_THING.search(fact.value):
            continue
        if best is None or scored.score + 0.45 > best[0]:
            best = (scored.score + 0.45, scored, fact.value)
    if best is None:
        return Draft("definition", missing=(subject,) if subject else (), why=(f"{subject}を説明する文がない",))
    score, scored, text = best
    return _draft(scene, scored, text, f"{subject}の定義 加点 {score - scored.score:.2f}", fit=score - scored.score)


def _subject(question: Question, scene: Scene) -> str:
    """Return what is to be defined, as the papers call it. 例: 国際フィーダー航路とは → 国際フィーダー航路

    例: 県の関係人口, 八代港で言うダブルコール → the thing itself; PDS（Personal Data Store） → PDS
    """
    asked = _asked_subject(question)
    bare = re.sub(r"\([^()]*\)", "", asked)
    within = re.search(r"\(([^()]*)\)", asked)
    last = re.split(r"の|、|(?:で|に)(?:いう|言う|おける)", bare)[-1]
    forms = [katakana(form) for form in (asked, bare, within[1] if within else "", last) if form]
    keys = [s.statement.key for s in scene.statements[:30]]
    return next((form for form in forms if any(form in key for key in keys)), forms[-1] if forms else "")


_QUOTED_SUBJECT = re.compile(r"[「『]([^」』]+)[」』](?:とは|って|の(?:意味|定義)|という|はど(?:のような|んな|ういう))")
_SUBJECT = re.compile(
    r"((?:[^、。\s()]|\([^()]*\))+?)"
    r"(?:とは|って(?:何|なん|どう)|の(?:意味|定義)|という(?:の|もの)は|は(?:どのような|どんな|どういう|何を))"
)


def _asked_subject(question: Question) -> str:
    match = _QUOTED_SUBJECT.search(question.folded) or _SUBJECT.search(question.folded)
    return match[1] if match else ""


def _defines(scored: Scored, subject: str) -> tuple[float, str]:
    statement = scored.statement
    key, flat = statement.key, statement.flat
    listed = re.match(r"[\s　]*(?:[(（]?\d+[)）.．]|[①-⑳]|[ア-ン])[\s　]+(\S+)[\s　]+(.*をいう。?)", flat)
    if subject and listed and katakana(listed[1]).strip("「」") == subject:
        return 0.6, listed[2]  # 例: (1) 利用者 センターを使う者をいう。
    called = re.search(r"([^、。「」『』]{4,80})[(（]以下、?(?:単に)?「([^」]+)」という", flat)
    if subject and called and katakana(called[2]) == subject:
        return 0.5, called[1]  # 例: 引き続き勤める職（以下「特定職」という。）
    if re.match(r"[\s　]*[=＝]", flat) and _defines_above(scored, subject):
        return 0.4, flat
    if statement.kind in ("heading", "label"):
        return -0.3, flat
    if subject and subject in key:
        if re.search(re.escape(subject) + r"」?(?:※\d*)?(?:トハ.|\(?[::].|＝|=)", key):
            return 0.45, flat
        if re.search(
            re.escape(subject) + r"」?(?:[、・][^、。ハ]{2,16})?ハ、?.{6,}(?:ヲ指ス|ヲ指シマス|ヲイウ|ヲイイマス)", key
        ):
            return 0.45, flat  # 例: ラベル付け、タグ付けは、…作業を指します。
        if re.search(re.escape(subject) + r"」?ハ、.", key):
            # 例: …は、令和6年8月から休んでいる: what holds at a time is not what the thing is.
            timely = statement.periods or statement.quantities
            return 0.2 if _KIND_OF_THING.search(flat) else 0.1 if timely else _DEFINES, flat
        if re.search(re.escape(subject) + r"」?[(（][^)）]{6,}[)）]", key):
            return 0.4, flat
        if any(katakana(m[1]) == subject for m in _CALLED.finditer(fold(flat))):
            return 0.2, flat
        if re.search(r"(?:ト呼[ブバビ]|トイウ|ヲイウ|ヲ指ス|デアル|スルモノ|スル制度|スル仕組ミ)", key):
            return 0.2, flat
    marker = re.match(r"[\s　]*[※＊*](\d*)", flat)
    if marker and _is_noted(scored, subject, marker.group(1)):
        return 0.5, flat
    headings = [katakana(h) for h in statement.headings[-2:]]
    if subject and any(subject + "トハ" in h for h in headings):
        return 0.4, flat
    if any(subject and subject in h for h in headings):
        return 0.15, flat
    return 0.0, flat


def _is_noted(scored: Scored, subject: str, number: str) -> bool:
    """Tell whether the subject carries the mark of this note a little above. 例: ダブルコール※２ … ※２:1回の航路で…"""
    statements = scored.region.reading.statements
    above = statements[max(0, scored.index - 14) : scored.index]
    mark = re.compile(re.escape(subject) + rf"[」)）]?[（(]?※{number}(?!\d)")
    return bool(subject) and any(mark.search(unicodedata.normalize("NFKC", s.key)) for s in above)


def _footnoted(scene: Scene, subject: str) -> Draft | None:
    """Return the footnote whose number the subject bears. 例: 情報庫（DB）3が… / 3 …をためる仕組み"""
    mark = re.compile(re.escape(subject) + r"(?:\([^()]*\)|[」)])?(\d{1,3})(?!\d)")
    for scored in scene.statements[:12] if subject else ():
        statements = scored.region.reading.statements
        # What the name stands for may have gone over to the next line.
        for marked in (statements[scored.index].key, "".join(s.key for s in statements[scored.index :][:2])):
            number = mark.search(marked)
            notes = statements[scored.index + 1 : scored.index + 21] if number else ()
            for note in notes:
                said = re.match(rf"[\s　]*{number[1] if number else ''}[\s　]+(\D.*)", note.flat)
                if said and _KIND_OF_THING.search(note.flat):
                    draft = _draft(scene, scored, said[1], f"footnote {subject}", fit=0.5)
                    support = Support(note.document.id, note.start, note.end)
                    return replace(draft, text=clip(said[1], _LIMIT), supports=(support,))
    return None


def _defines_above(scored: Scored, subject: str) -> bool:
    """Tell whether an = line explains the subject in the few lines above it."""
    statements = scored.region.reading.statements
    above = statements[max(0, scored.index - 4) : scored.index]
    return bool(subject) and any(subject in s.key for s in above)


def answer_reason(scene: Scene) -> Draft:
    """Return the statement that gives the reason or the aim."""
    return _best_with(scene, "reason", _REASON_MARK, 0.22)


def answer_howto(scene: Scene) -> Draft:
    """Return the steps: those that stand numbered or line by line, what a cell says of the way, or the sentence."""
    steps = _steps(scene)
    said = _best_with(scene, "howto", _STEP_MARK, 0.08)
    return steps if steps is not None and steps.score >= said.score else said


_WAY = re.compile(r"流れ|手順|方法|手続|ステップ|使い方|進め方|やり方|仕方|申込|申し込み")
_ENUMERATED = re.compile(
    r"^[\s　*\-・]*(?:[①-⑳]|[（(]\d+[)）]|\d+[.．)）]|第\d+段階|(?:step|ステップ)\s*\d)", re.IGNORECASE
)
_STEP = re.compile(
    r"(?:送信|起動|開始|入力|提出|予約|登録|申請|申込み?|審査|交付|発行|送付|連絡|相談|確認|許可|受取|利用|支払い?|[うくすつむる])"
    r"[。！!]?$|から$|[をでへに]$"
)
_FOLLOWS = re.compile(r"(?:以下|次|下記)の.{0,20}(?:実施|とおり|通り|対策|取組|行[うい]|手順|方法)")


def _steps(scene: Scene) -> Draft | None:
    """Return the best run of lines that are steps one after another."""
    best: tuple[float, Scored, list[Statement]] | None = None
    for scored in scene.statements[:40]:
        run = _run_of_steps(scored)
        if len(run) < 2:
            continue
        heading = run[0].headings[-1] if run[0].headings else ""
        enumerated = _ENUMERATED.search(run[0].text) is not None
        fit = 0.2 * enumerated + 0.15 * (_WAY.search(heading) is not None) + 0.05 * min(len(run), 4)
        fit += 0.2 * (run[0] is not scored.statement and _FOLLOWS.search(scored.statement.flat) is not None)
        region = scored.region
        places = [region.reading.at(s.start) - region.low for s in run if region.reading.at(s.start) < region.high]
        zones = region.coverage.zones[:, places].max(axis=1, initial=0.0)  # the steps may all lie outside the region
        met = float((region.coverage.weights @ zones) / region.coverage.weights.sum())
        score = max(scored.score, met) + fit
        if best is None or score > best[0]:
            best = (score, scored, run)
    if best is None:
        return None
    score, scored, run = best
    text = ""
    members: list[Statement] = []
    for step in run:
        plain = _plain(step.flat)
        if members and len(text) + len(plain) > 2 * _LIMIT:
            break
        text += (" → " if text and not re.search(r"から$|[をでへに]$", text) else "") + plain
        members.append(step)
    draft = _draft(scene, scored, text, f"steps {score:.2f}", fit=score - scored.score)
    return replace(
        draft, text=text[:600], supports=tuple(Support(m.document.id, m.start, m.end) for m in members), score=score
    )


# Provisos and the remainder of an enumeration stand in rules, not among steps.
_CASE_WORDS = re.compile(r"^[\s　]*(?:[(（]\d+[)）][\s　]*)?(?:ただし、|.{0,6}前.{0,2}号に(?:掲げる|定める)もののほか)")
_CASE = re.compile(r"(?:とき|場合|もの|者|をいう|時間|円|日|％|%|[\d０-９])[。）)]*$")


# 例: ⑧受付電子化事業; not 手間を減らすため窓口を電子化する事業, which tells what it does
_TITLE = re.compile(r"^[^をがは、]*(?:事業|計画|関係|概要|条例|制度)[。）)]*$")


def _run_of_steps(scored: Scored) -> list[Statement]:
    """Return the steps that a statement opens or leads up to."""
    statements = scored.region.reading.statements
    head = scored.statement
    leads = head.kind == "heading" or _FOLLOWS.search(head.flat) is not None
    first = scored.index + 1 if leads else scored.index
    run: list[Statement] = []
    for step in statements[first : first + 12]:
        if step.kind in ("heading", "table", "note") or (run and step.headings != run[0].headings):
            break
        if run and (_ENUMERATED.search(step.text) is None) != (_ENUMERATED.search(run[0].text) is None):
            break
        if re.fullmatch(r"[（(].*[)）]", step.flat):
            continue
        if _ENUMERATED.search(step.text) is None and not _FOLLOWS.search(head.flat) and not _STEP.search(step.flat):
            break
        run.append(step)
    if any(_CASE_WORDS.search(step.flat) for step in run) or 2 * sum(
        _CASE.search(step.flat) is not None for step in run
    ) > len(run):
        return []  # the cases in which a rule holds, its words or its things are no steps
    if 2 * sum(_TITLE.search(step.flat) is not None for step in run) > len(run):
        return []  # nor are the titles of programmes
    numbered = bool(run) and _ENUMERATED.search(run[0].text) is not None
    return run if numbered or len(run) > 2 or (leads and _FOLLOWS.search(head.flat)) else []


_AIMS = re.compile(r"趣旨|目的|ねらい|狙い|背景|経緯|課題|理由|必要性|現状")


def _best_with(scene: Scene, kind: str, mark: re.Pattern[str], bonus: float) -> Draft:
    best: tuple[float, Scored] | None = None
    for scored in scene.statements[:40]:
        statement = scored.statement
        if not _says_something(statement, scene.question) or statement.kind == "table":
            continue
        if _TITLE.search(statement.flat):
            continue  # the name of a programme tells neither the way nor why
        if kind == "reason" and (
            statement.kind == "label" or (statement.kind == "heading" and not mark.search(statement.flat))
        ):
            continue
        score = scored.score + (bonus if mark.search(statement.flat) else 0.0)
        if kind == "howto":
            # What a rule forbids is no way to do it.
            score += 0.12 * (_DUTY.search(statement.flat) is not None and not _denies(statement.flat))
            # 例: …条例の一部を改正する条例: a title tells nobody what to do
            score -= 0.25 * (
                re.search(r"(?:条例|規則|要綱|計画|提出|について|改正する)[。]?$", statement.flat) is not None
            )
        if kind == "reason" and statement.headings and _AIMS.search(statement.headings[-1]):
            score += 0.18  # 例: （1）趣旨 opens the reasons of what the headings above it name
        if best is None or score > best[0]:
            best = (score, scored)
    aims = re.search(r"ねらい|狙い|目的|趣旨|何のため", scene.question.folded) is not None
    cell = _cell(scene, _WAY if kind == "howto" else _AIM_LABEL if aims else _REASON_LABEL, kind == "reason")
    if cell is not None and (best is None or cell.score > best[0]):
        return cell
    if best is None:
        return Draft(scene.question.kind, why=("当てはまる文が近くにない",))
    if best[0] <= best[1].score:
        # What is said of a thing without a word that gives a reason or a way does not say why or how.
        asked = "理由" if kind == "reason" else "方法"
        return Draft(
            scene.question.kind, missing=(asked,), why=(f"{asked}を述べる文ではない: {best[1].statement.flat[:60]}",)
        )
    return _draft(
        scene,
        best[1],
        best[1].statement.flat,
        f"{kind} {best[0]:.2f}",
        go_on=True,
        fit=best[0] - best[1].score,
        score=best[0],
    )


_REASON_LABEL = re.compile(r"理由|原因|要因|背景|きっかけ|経緯")
_AIM_LABEL = re.compile(r"趣旨|目的|ねらい|狙い")


def _cell(scene: Scene, labels: re.Pattern[str], reason: bool = False) -> Draft | None:
    """Return what stands in a cell or after a key that names what is asked for. 例: 申込み | 電話、インターネット"""
    found = []
    for scored, fact in text_facts(scene):
        named = labels.search(fold(" ".join(filter(None, (fact.row, fact.column, fact.label)))))
        said = reason and fact.table is not None and _REASON_SAID.search(fold(fact.value))
        if (named or said) and len(fact.value) > 3:
            found.append((scored.score + (0.3 if named else 0.22), scored, fact))
    if not found:
        return None
    score, scored, fact = max(found, key=lambda f: f[0])
    return _draft(scene, scored, clip(fact.value, _LIMIT), f"cell {score:.2f} {fact.label}", fit=0.3, score=score)


def _says_something(statement: Statement, question: Question) -> bool:
    """Tell whether a statement says more than the question already did: a heading or a caption does not answer."""
    if (statement.kind == "heading" and question.kind != "yesno") or len(statement.flat) < 4:
        return False
    document = statement.document
    if statement.kind == "label" and statement.key in katakana(f"{document.meeting or ''}{document.title}"):
        return False
    new = statement.lemmas - frozenset(content_words(question.text))
    return len(new) >= (2 if statement.kind == "label" else 1)


def answer_yesno(scene: Scene) -> Draft:
    """Return はい or いいえ with the statement that decides it."""
    if "目標" in scene.question.folded and re.search(r"達成|届|上回|クリア|超え", scene.question.folded):
        reached = _goal(scene)
        if reached is not None:
            return reached
    if re.search(r"(?:増え|減っ|増加|減少|伸び|上が|下が)(?:て|し)?(?:い|き|ま)", scene.question.folded):
        series = answer_series(scene)
        if series.how is not None:
            asked_up = re.search(r"増|伸び|上が", scene.question.folded) is not None
            rose, fell = series.text.endswith("増）"), series.text.endswith("減）")
            return replace(series, text=f"{'はい' if (rose if asked_up else fell) else 'いいえ'}。{series.text}")
    only = _only(scene)
    if only is not None:
        return only
    draft = _grounded(scene)
    if not draft.text:
        return draft
    rule = _rule_over(scene, draft)
    if rule is not None:
        both = (Support(rule.document.id, rule.start, rule.end), *draft.supports)
        draft = replace(draft, text=clip(f"{_plain(rule.flat)} {draft.text}", _LIMIT), supports=both)
    negative = _denies(rule.flat if rule is not None else _deciding(draft.text, scene))
    asks_negative = bool(re.search(r"(?:ない|ません)(?:の|です)?(?:か|でしょう)", scene.question.folded))
    said = "いいえ" if negative != asks_negative else "はい"
    return replace(draft, text=f"{said}。{draft.text}")


# 例: 次の各号のいずれかに該当する場合は、使用を許可しない。
_OVER_CASES = re.compile(r"次の(?:各号|いずれか)|(?:次|以下)に(?:掲げる|該当)")
_ONE_CASE = re.compile(r"^[\s　]*[(（]?[\d０-９ア-ン]{1,2}[)）.．].*(?:とき|場合|もの|者|行為|こと)。?$")


def _rule_over(scene: Scene, draft: Draft) -> Statement | None:
    """Return the rule that a case stands under, which says what holds in it. 例: 許可しない over (2) …と認めるとき"""
    support = draft.supports[0]
    for scored in scene.statements[:60]:
        statement = scored.statement
        if (statement.document.id, statement.start) != (support.document_id, support.start):
            continue
        if not _ONE_CASE.search(statement.flat):
            return None
        above = scored.region.reading.statements[max(0, scored.index - 10) : scored.index]
        return next((s for s in reversed(above) if _OVER_CASES.search(s.flat)), None)
    return None


_RESUMED = re.compile(r"再開|復便|復旧|復活|再び|解除")


def _denies(clause: str) -> bool:
    """Tell whether a clause ends in the negative. 例: 運休していた便が再開 does not, 再開後に休止 does"""
    clause = _MUST.sub("", clause)
    last = max((m.start() for m in _NEGATIVE.finditer(clause)), default=-1)
    return last > max((m.start() for m in _RESUMED.finditer(clause)), default=-1)


def _grounded(scene: Scene) -> Draft:
    """Return the best statement that speaks of what is asserted, the last thing that the question names.

    例: 講座は無料ですか is not decided by a line about the 講座 that says nothing of its price
    """
    folded = scene.question.folded
    last = max(scene.question.terms, key=lambda t: (folded.rfind(t.text), len(t.text)), default=None)
    words = {last.text, last.lemma, *last.parts} if last is not None else set()
    asserted = [a for a in scene.atoms if a.lemma in words]
    if not asserted or last is None or _STATE_ASKED.search(folded):
        return answer_text(scene)
    held = tuple(s for s in scene.statements[:60] if _speaks_of(s, asserted) and _is_about(s, scene, words))
    figures = {q.value for q in find_quantities(_undated(scene.question.text)) if q.base_unit is not None}
    if figures:  # 例: 2回開催されましたか is decided by a line that says how often
        held = tuple(s for s in held if figures & {q.value for q in s.statement.quantities})
        if not held:
            return Draft("yesno", missing=(last.text,), why=("その数値の行がない",))
    if held and (held[0].score > scene.statements[0].score - 0.35):
        return answer_text(replace(scene, statements=held))
    # Verbs are put in other words; a thing or a quality that nothing near names was not spoken of.
    is_verb = last.says_how and re.search(r"[うくぐすつぬぶむるい]$", last.lemma) is not None
    return answer_text(scene) if is_verb else Draft("yesno", missing=(last.text,), why=(f"{last.text}の記述がない",))


def _undated(text: str) -> str:
    for period in reversed(find_periods(text)):
        text = text[: period.at[0]] + text[period.at[1] :]
    return text


def _speaks_of(scored: Scored, asserted: Sequence[Atom]) -> bool:
    statement = scored.statement
    heading = katakana(statement.headings[-1]) if statement.headings else ""
    return any(a.match(statement.lemmas, statement.key) or a.match(frozenset(), heading) for a in asserted)


def _is_about(scored: Scored, scene: Scene, asserted: set[str]) -> bool:
    """Tell whether a statement meets enough of the question besides what is asserted."""
    zones = scored.region.coverage.zones[:, scored.index - scored.region.low]
    others = [(a.weight, zone) for a, zone in zip(scene.atoms, zones, strict=True) if a.lemma not in asserted]
    total = sum(weight for weight, _ in others)
    return not total or sum(weight * zone for weight, zone in others) >= 0.35 * total


_STATE_ASKED = re.compile(r"続[いけ]|まだ|今も|現在も|再開|休止|中止|終わ|やって")
_ONLY = re.compile(r"([^、。\s]+?)(?:だけ|のみ|しか)")


def _only(scene: Scene) -> Draft | None:
    """Return いいえ where the text names another thing of the kind beside the one that is asked about.

    例: 選ばれたのは甲県だけですか, 甲県と乙県が選ばれた → いいえ
    """
    match = _ONLY.search(scene.question.folded)
    runs = noun_runs(match[1]) if match else []
    if not match or not runs:
        return None
    one = fold(match[1][runs[-1][0] : runs[-1][1]])
    end = "[都道府県市町村区]" if one[-1] in "都道府県市町村区" else re.escape(one[-1])
    beside = rf"[^\s、。・とやはがをに]{{1,12}}{end}"
    both = re.compile(
        rf"{re.escape(one)}(?:と|・|、|及び|や){beside}|{beside}(?:と|・|、|及び|や|とともに){re.escape(one)}"
    )
    for scored in scene.statements[:12]:
        if both.search(fold(scored.statement.flat)):
            said = _draft(scene, scored, clip(scored.statement.flat, 180), f"not only {one}", fit=0.2)
            return replace(said, text=f"いいえ。{said.text}")
    # That others are not named does not say that there are none.
    alone = next((s for s in scene.statements[:12] if _says_alone(fold(s.statement.flat), one)), None)
    if alone is None:
        return Draft("yesno", missing=(f"{one}だけか",), why=(f"{one}だけという記述も、ほかの記述もない",))
    said = _draft(scene, alone, clip(alone.statement.flat, 180), f"{one}だけ")
    return replace(said, text=f"はい。{said.text}")


_ALONE = re.compile(r"(?:だけ|のみ)(?!で(?:は|)なく|ならず)|しか|唯一|単独|初(?:の|めて)|限[りる]")


def _says_alone(text: str, one: str) -> bool:
    return one in text and _ALONE.search(text) is not None


_JOINED = re.compile(r"\s*(?:又は|または|若しくは|もしくは|及び|および|並びに|かつ)")


def _deciding(text: str, scene: Scene) -> str:
    """Return the clause of a statement that speaks of what is asked, up to its verb.

    例: 紙での受付は廃止し、電子申請ができる, asked for 電子申請 → 電子申請ができる
    """
    clauses = re.split(r"(?<=[、。])", text)
    met = [sum(a.weight for a in scene.atoms if len(a.surface) > 1 and a.surface in katakana(c)) for c in clauses]
    first = max(range(len(clauses)), key=lambda i: (met[i], -i))
    last = first
    # 例: 権利を譲渡し、又は転貸してはならない: verbs that are joined have one end
    while last + 1 < len(clauses) and (
        re.search(r"[はがもをにで]、$|[一-龠ァ-ヶ]、$", clauses[last]) or _JOINED.match(clauses[last + 1])
    ):
        last += 1
    return "".join(clauses[first : last + 1])


def answer_text(scene: Scene, limit: int = 180) -> Draft:
    """Return the best statement itself, for a question of no other kind."""
    for scored in _in_order(scene):
        if _says_something(scored.statement, scene.question):
            return _draft(scene, scored, clip(scored.statement.flat, limit), f"statement {scored.score:.2f}")
    return Draft(scene.question.kind, why=("近くに文がない",))


_STATE = re.compile(r"休止|中止|終了|継続|再開|廃止|運休|停止")


def _in_order(scene: Scene) -> list[Scored]:
    """Return the statements best first; a pattern that the answer must show, and a state that is asked for, decide."""
    question = scene.question
    if question.pattern is not None:
        return [
            s for s in scene.statements if re.search(question.pattern, unicodedata.normalize("NFKC", s.statement.text))
        ]
    if question.kind == "yesno" and re.search(r"続[いけ]|まだ|今も|現在も|再開|休止|中止|終わ|やって", question.folded):
        latest = max((s.statement.document.published or "" for s in scene.statements[:40]), default="")

        def state(scored: Scored) -> float:
            # What holds now is what the newest paper says.
            newest = (scored.statement.document.published or "") == latest
            return scored.score + (0.15 + 0.1 * newest) * bool(_STATE.search(scored.statement.flat))

        return sorted(scene.statements[:40], key=state, reverse=True)
    if question.kind == "yesno":
        changed = _CHANGE.search(question.folded) is not None

        def says(scored: Scored) -> float:
            flat = scored.statement.flat
            score = scored.score + when_fit(scored.statement, question)
            # A name or a heading decides nothing; a line on what changes, or stays, decides whether it changes.
            score -= 0.2 * (scored.statement.kind in ("heading", "label") and not _SAYS.search(flat))
            return score + 0.15 * bool(_SAYS.search(flat)) + 0.2 * bool(changed and _CHANGED.search(flat))

        return sorted(scene.statements[:60], key=says, reverse=True)
    return sorted(scene.statements[:60], key=lambda s: s.score + when_fit(s.statement, question), reverse=True)


_SAYS = re.compile(r"(?:ます|ません|です|でした|ました|[うくすつぬむる]|[たい])[。）)]*$")
_CHANGE = re.compile(r"変わ[りるっ]|変更|上がり|下がり|値上げ|値下げ|改定")
_CHANGED = re.compile(r"変更|改定|据え?置|引き?上げ|引き?下げ|値上げ|値下げ|見直|変わ[りるっ]|同額|同率")


def _lead(scene: Scene, scored: Scored) -> float:
    other = next((s for s in scene.statements if s.index != scored.index or s.region is not scored.region), None)
    return scored.score - other.score if other is not None else 0.5


def _draft(
    scene: Scene, scored: Scored, text: str, why: str, go_on: bool = False, fit: float = 0.0, score: float | None = None
) -> Draft:
    members = [*_led_by(scored), scored.statement, *_finished_by(scored)]
    if len(members) > 1:
        text = clip("".join(_plain(m.flat) for m in members), _LIMIT)
    if go_on:
        further = _going_on(scored, _LIMIT - len(text))
        members += further
        text = " ".join((_plain(text), *(_plain(m.flat) for m in further)))
    return Draft(
        kind=scene.question.kind,
        text=clip(_plain(text), _LIMIT),
        supports=tuple(Support(m.document.id, m.start, m.end) for m in members),
        score=scored.score if score is None else score,
        signals=scored.signals(
            scene, lead=_lead(scene, scored), fit=fit, period=when_fit(scored.statement, scene.question)
        ),
        why=(f"{why} {scored.statement.flat[:60]}",),
    )


def _led_by(scored: Scored) -> list[Statement]:
    """Return the line before, when the statement goes on from it in mid-sentence. 例: …の認定 / を受け、…"""
    before = scored.region.reading.statements[max(0, scored.index - 1) : scored.index]
    if before and before[0].kind != "heading" and re.match(r"[をがにへ][^ぁ-ん]", scored.statement.flat):
        return list(before)
    return []


def _finished_by(scored: Scored) -> list[Statement]:
    """Return the next line, when the statement breaks off before its verb. 例: …について / 費用の半分を補助"""
    following = scored.region.reading.statements[scored.index + 1 : scored.index + 2]
    broken = re.search(r"(?:について|に対し|により|を|に|(?<!こ)と|は|が|、)$", scored.statement.flat) is not None
    if broken and following and following[0].headings == scored.statement.headings:
        return [] if following[0].kind in ("heading", "table") else list(following)
    return []


def _going_on(scored: Scored, room: int) -> list[Statement]:
    """Return the following statements under the same headings while there is room for them."""
    found: list[Statement] = []
    for follower in scored.region.reading.statements[scored.index + 1 : scored.index + 4]:
        if follower.kind in ("heading", "table") or follower.headings != scored.statement.headings:
            break
        if len(follower.flat) > room:
            break
        room -= len(follower.flat)
        found.append(follower)
    return found


def _goal(scene: Scene) -> Draft | None:
    """Return whether a goal was reached, from a statement that gives both figures. 例: 累計 870人　目標値：1,000人"""
    aimed = {q.value for q in find_quantities(scene.question.text) if q.base_unit}
    for scored in scene.statements[:60]:
        text = scored.statement.text
        goal_at = text.find("目標")
        quantities = [q for q in scored.statement.quantities if q.base_unit is not None]
        if goal_at < 0 or len(quantities) < 2 or when_fit(scored.statement, scene.question) < 0:
            continue
        goal = next((q for q in quantities if q.at[0] > goal_at), None)
        result = next(
            (q for q in quantities if goal is not None and q is not goal and q.base_unit == goal.base_unit), None
        )
        if goal is None or result is None or (aimed and goal.value not in aimed):
            continue
        said = "はい" if result.value >= goal.value else "いいえ"
        return _draft(scene, scored, f"{said}。{clip(scored.statement.flat, 160)}", "goal and result")
    return None


def _plain(text: str) -> str:
    """Return a statement without its bullet, emphasis marks and wide spaces, for reading."""
    folded = re.sub(r"\*\*|<[^>]{1,20}>", "", unicodedata.normalize("NFC", text))
    return re.sub(r"\s+", " ", re.sub(r"^[\s　]*[-#・●○■◆◇□※‣•➤➡⇒*]+[\s　・]*", "", folded)).strip()


def clip(text: str, limit: int) -> str:
    """Return ``text`` cut at the end of a clause where it is longer than ``limit``."""
    text = _plain(text)
    if len(text) <= limit:
        return text
    cut = max(text.rfind(mark, limit // 2, limit) for mark in "。、）)")
    return text[: cut + 1] if cut > 0 else text[:limit]


def best_clause(scene: Scene, statements: Sequence[Scored], limit: int = _SHORT) -> tuple[Scored, str] | None:
    """Return the clause of the best statements that meets most of the question, at most ``limit`` characters."""
    for scored in statements[:3]:
        if scored.statement.kind == "heading":
            continue
        text = _plain(scored.statement.flat)
        if len(text) <= limit:
            return scored, text
        clauses = [c for c in re.split(r"(?<=[。、])", text) if c.strip()]
        best = max(clauses, key=lambda c: sum(a.weight for a in scene.atoms if a.surface in katakana(c)))
        if len(best) <= limit:
            return scored, best.strip("、。 ")
    return None
