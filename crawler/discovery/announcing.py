"""Announcements: the words, Korean and English, with which a room says that it moves, closes or has a spare."""

import re

_ENGLISH = (
    r"\bwe(?:'ve|’ve| have| are|'re)? (?:just )?mov(?:ed|ing)\b",
    r"\b(?:has|have) (?:been )?(?:moved|relocated|migrated)\b",
    r"\b(?:mov(?:ed|ing)|relocat(?:ed|ing)|migrat(?:ed|ing)) (?:over )?to\b",
    r"\b(?:our|the|a) new (?:channel|group|room|board|server|chat|link|address|home|site|forum)\b",
    r"\bnew (?:channel|group|room|board|forum) ?[:：-]",
    r"\b(?:back-?up|spare|reserve|second|alternate) (?:channel|group|room|board|chat|site|server)\b",
    r"\b(?:channel|group|room|board|forum|site|chat) (?:is|was|will be|got|has been) "
    r"(?:clos(?:ed|ing)|delet(?:ed|ing)|bann?ed|removed|shut|gone|moving)\b",
    r"\bin case (?:this|we|it|the)\b.{0,40}\b(?:ban|delet|clos|remov|shut|tak)",
    r"\bsuccessor (?:of|to)\b",
    r"\bjoin (?:us )?(?:over )?(?:here|there) (?:instead|now)\b",
)
_KOREAN = (
    r"이사\s?(?:했|합|함|갔|갑|왔|안내|공지|중)",
    r"이전\s?(?:했|하였|합니다|함|됐|되었|됩니다|안내|공지|완료)",
    r"옮겼|옮깁|옮겨\s?(?:요|갑|가|왔)|옮길\s?(?:예정|게)|갈아탔",
    r"(?:새|새로운|신규|다음)\s?(?:방|채널|주소|링크|게시판|그룹|서버|사이트)",
    r"(?:백업|예비|임시|대피|부계|서브)\s?(?:방|채널|주소|게시판|그룹|서버|소)",
    r"대피소",
    r"(?:방|채널|그룹|게시판|서버)(?:이|가|은|는)?\s?(?:곧\s?)?(?:터졌|터짐|터질|폭파|삭제|정지|닫|잠겼|사라)",
    r"방폭|폭파\s?(?:됐|되|당|예정|시)",
    r"(?:다시|새로)\s?(?:팠|만들었|만듭|열었|엽니다|개설)|재개설",
    r"(?:여기|이리|아래|이쪽)로\s?(?:오|들어|모이|넘어)",
)
ANNOUNCES = re.compile("|".join((*_ENGLISH, *_KOREAN)), re.IGNORECASE)


def announces(words: str) -> bool:
    """Return whether these words announce that a room moves, closes, comes back or has a spare."""
    return ANNOUNCES.search(words[:2_000]) is not None
