"""Words by which prose denies a value, takes it back, or calls it an example; in some languages.

No list of words is complete. So what is on it is taken at its word, though it may be said of something else, and prose
without such words is trusted only where a value is set apart from it.
"""

from __future__ import annotations

import re

__all__ = ["denied_before", "taken_back"]

_DENIES = (
    r"not|never|cannot|nor|neither|no|none|nothing|nobody|unlike|but|\w+n['’]t|cant|dont|isnt|"
    r"nicht|kein\w*|nie|niemals|pas|jamais|aucune?|nunca|jamás|ningún\w*|não|nenhuma?|non|mai|nessun\w*|не|нет|никогда|"
    r"geen|niet|nooit|inte|ikke"
)
_SUPPOSES = (
    r"e\.?g|examples?|for instance|such as|like|similar|maybe|perhaps|possibly|might|could|would|guess\w*|suppos\w+|"
    r"hypothe\w+|imagin\w+|pretend\w*|if|unless|placeholders?|dummy|templates?|skeleton|drafts?|attempts?|previous\w*|"
    r"earlier|former\w*|initial\w*|originals?|avoid|instead|except|wrong\w*|incorrect\w*|invalid|unsure|uncertain|"
    r"beispiel\w*|vielleicht|falsch\w*|exemples?|peut-être|ejemplos?|quizás?|tal vez|exemplos?|talvez|esempi\w*|forse|"
    r"например|пример\w*|возможно"
)
_TAKES_BACK = (
    r"wait|hmm+|hold on|actually|wrong|incorrect\w*|inaccurate|mistake\w*|mistook|erroneous\w*|correction|corrected|"
    r"correcting|scratch that|sorry|apolog\w+|oops|whoops|my bad|instead|retract\w*|revis(?:ed|ion|ing)|reconsider\w*|"
    r"disregard|ignore|never ?mind|on second thoughts?|strike that|(?:do not|don['’]t|not to) use|ought to|"
    r"should (?:actually |really |have )?(?:be|been|read|say)|unsure|uncertain|"
    r"not (?:quite |entirely |really )?(?:right|correct|true|valid|accurate|sure|certain|the answer|what)|"
    r"\w+n['’]t (?:quite |entirely )?(?:right|correct|true|valid|accurate|sure|certain|the answer|what)|"
    r"(?:cannot|can['’]t|unable to) (?:answer|say|tell|know|confirm|verify)|just an example|"
    r"falsch|stattdessen|sondern|korrektur|korrigier\w*|moment mal|entschuldigung|doch nicht|erreur|faux|plutôt|"
    r"désolée?|attendez|equivocad[oa]|perdón|errado|desculpe?|sbagliat[oa]|scusa|scusi|aspetta|invece|неверно|"
    r"неправильно|ошибка|ошибся|извините|простите|подождите|fout|verkeerd"
)
_CJK_DENIES = "不|没|沒|别|ない|ません|않|아니"
_CJK_SUPPOSES = "例如|比如|示例|也许|可能|例えば|たぶん|예를|예시"
_CJK_TAKES_BACK = "错|錯|误|誤|抱歉|对不起|等等|更正|間違|訂正|すみません|待って|잘못|죄송|정정"

_COURTESY = re.compile(
    r"\b(?:let me know|feel free|would you like|do you (?:want|need)|don['’]t hesitate|do not hesitate|"
    r"(?:happy|glad) to|if you (?:need|want|have|would|['’]d))\b[^.!?\n]*"
    r"|\b(?:you|i)(?: would|['’]d) (?:like|love)\b"
    r"|\b(?:no|without|not) (?:any |an )?"
    r"(?:extra|additional|other|further|more|markdown|explanations?|comments?|problem)\b"
    r"|\bno worries\b|\bwhy not\b",
    re.IGNORECASE,
)
_FORMAT = r"(?:formats?|schemas?|shapes?|structures?)\b"
_IN_A_FORMAT = re.compile(
    rf"\b(?:in|to|with|matching|matches|following|per|using|of|by|into|as|fits?|fitting)\s+(?:[\w'’-]+\s+){{0,4}}?{_FORMAT}",
    re.IGNORECASE,
)


def _any_of(words: str, cjk: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'’])(?:{words})(?!\w)|{cjk}", re.IGNORECASE)


_BEFORE = _any_of(rf"{_DENIES}|{_SUPPOSES}|{_FORMAT}", f"{_CJK_DENIES}|{_CJK_SUPPOSES}|{_CJK_TAKES_BACK}")
_BESIDE = _any_of(
    f"{_DENIES}|{_SUPPOSES}|rather|errors?|invalid", f"{_CJK_DENIES}|{_CJK_SUPPOSES}|{_CJK_TAKES_BACK}"
)
_AFTER = _any_of(_TAKES_BACK, _CJK_TAKES_BACK)
_NO = re.compile(
    r"(?:^|[.!?;\n])[\W_]*no\b(?! (?:other|further|more|need|problem|additional))", re.IGNORECASE
)
_SENTENCE = re.compile(r"[\W_]*[^.!?。！？\n]*")


def denied_before(sentence: str) -> str:
    """Return the word by which a sentence denies the value that follows it, or calls it an example; "" if none."""
    found = _BEFORE.search(_IN_A_FORMAT.sub(" ", _COURTESY.sub(" ", sentence)))
    return found[0] if found else ""


def taken_back(after: str) -> str:
    """Return the word by which the prose after a value denies it or takes it back; "" if none."""
    after = _COURTESY.sub(" ", after)
    sentence = _SENTENCE.match(after)
    beside = _BESIDE.search(sentence[0]) if sentence else None
    found = beside or _AFTER.search(after) or _NO.search(after)
    return found[0].strip() if found else ""
