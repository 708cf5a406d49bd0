"""What a mood asks of an item's genres and themes, and which themes call for care. Pure.

A place in the plane does not tell what calms anger from what reassures in fear. docs/decisions/0023 gives the
sources of these tables; where research is silent they are judgement.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import repeat
from typing import Final, Literal

from services.emotions import EMOTIONS, Emotion
from services.recommender.ranking.care import ADULT, SENSITIVE
from services.recommender.ranking.mood import OWN, UNHAPPY, Strategy, StrategyChoice

Need = Literal["joy", "wonder", "ease", "sorrow", "fury", "dread", "cheer", "absorb", "reassure"]

MATCHED: Final[dict[Emotion, Need]] = {
    "angry": "fury",
    "fear": "dread",
    "happy": "joy",
    "sad": "sorrow",
    "surprise": "wonder",
    "neutral": "ease",
}

HORROR: Final = frozenset({
    "horror", "slasher", "gore", "splatter", "torture", "survival horror", "psychological horror",
    "body horror", "supernatural horror", "monster horror", "zombie horror", "vampire horror",
    "teen horror", "folk horror", "witch horror", "werewolf horror", "found footage horror", "b horror",
    "giallo", "zombies", "zombie", "serial killer", "cannibalism", "lovecraftian", "demons", "disturbing",
    "sadist", "cruelty", "grindhouse", "scary", "creepy", "terrifying",
})  # fmt: skip
"""Kept from people who are to be lifted or calmed, whatever they like otherwise."""
GRIM: Final = frozenset({
    "death", "dying", "grief", "loss", "tragedy", "tragic", "depressing", "bleak", "gloomy", "sad", "dark",
    "heartbreaking", "tearjerker", "tear jerker", "despair", "cancer", "illness", "holocaust", "nazis",
    "war", "world war ii", "vietnam", "genocide", "slavery", "racism", "terrorism", "apocalyptic",
    "post apocalyptic", "dystopia", "drugs", "addiction", "prison", "murder", "violent", "violence",
    "kidnapping", "depression", "mental illness", "melancholy", "haunting", "oppressive", "brutal",
    "religious", "faith", "spirituality", "education", "dark title", "bullying", "trauma",
}) | SENSITIVE  # fmt: skip
TENSE: Final = frozenset({
    "thriller", "suspense", "suspenseful", "tense", "intense", "crime", "shooter", "war", "eerie", "gothic",
    "paranormal", "supernatural", "vampire", "vampires", "psychological thriller", "noir", "dark fantasy",
    "survival", "claustrophobic", "conspiracy", "dystopia", "fighting", "souls like", "difficult",
    "stealth", "action", "true crime", "gangster", "mafia", "metal", "punk", "hardcore", "industrial",
    "hard rock", "aggressive", "angry", "mystery", "spy", "mythology", "competitive", "pvp",
})  # fmt: skip
HEATED: Final = frozenset({
    "revenge", "violence", "violent", "brutal", "aggressive", "angry", "war", "shooter", "fighting",
    "gangster", "mafia", "crime", "injustice", "racism", "politics", "political", "corruption", "hardcore",
    "metal", "punk", "difficult", "competitive", "pvp", "martial arts", "action", "betrayal", "hitman",
    "abuse", "self help", "religious",
})  # fmt: skip
FUNNY: Final = frozenset({
    "comedy", "funny", "humorous", "witty", "hilarious", "satire", "parody", "silly", "quirky",
    "screwball comedy", "buddy comedy", "slapstick", "farce", "romantic comedy", "mockumentary", "absurd",
    "playful", "whimsical",
})  # fmt: skip
WARM: Final = frozenset({
    "feel good", "heartwarming", "warm", "cozy", "wholesome", "family friendly", "gentle", "tender",
    "charming", "sweet", "cute", "friendship", "family", "kindness", "love", "hope", "hopeful", "comforting",
    "touching", "feel good romance", "animals", "animal", "dogs", "dog", "cats", "cat", "fairy tale",
    "childhood", "christmas", "holiday", "community", "slice of life", "inspiring", "uplifting", "optimism",
    "second chance", "small town",
})  # fmt: skip
QUIET: Final = frozenset({
    "calm", "peaceful", "relaxing", "relaxed", "soothing", "serene", "dreamy", "ambient", "acoustic",
    "soft rock", "farming", "gardening", "casual", "nostalgia", "nostalgic", "comfort", "lullaby", "jazz",
    "bossa nova", "classical", "soul", "folk", "easy listening", "adult standards", "romance", "food",
    "poetry", "nature",
})  # fmt: skip
ABSORBING: Final = frozenset({
    "puzzle", "strategy", "building", "management", "exploration", "open world", "sandbox", "city builder",
    "turn based", "automation", "simulation", "platformer", "racing", "sports", "sport", "football",
    "baseball", "basketball", "running", "climbing", "mountains", "sea", "ocean", "outdoors", "nature",
    "wilderness", "travel", "road trip", "adventure", "quest", "journey", "space", "science",
    "science fiction", "whodunnit", "heist", "caper", "clever", "cooking", "music", "dance", "invention",
    "chess", "craft", "expedition", "island", "treasure", "detective", "time travel", "underdog",
    "training", "western",
})  # fmt: skip
LIVELY: Final = frozenset({
    "fun", "party", "energetic", "exciting", "upbeat", "joyful", "happiness", "celebration", "dance",
    "disco", "funk", "pop", "musical", "music", "exhilarating", "triumph", "wedding", "summer", "colorful",
    "arcade", "adventure", "swashbuckler", "superhero", "road trip", "romance", "romantic", "uplifting",
    "feel good",
})  # fmt: skip
STRANGE: Final = frozenset({
    "plot twist", "twist", "mystery", "surreal", "mind bending", "magic", "magical realism", "time travel",
    "space", "discovery", "science fiction", "fantasy", "whimsical", "quirky", "psychedelic", "clever",
    "alien", "aliens", "parallel worlds", "dreams", "exploration", "experimental", "absurd", "whodunnit",
    "wonder", "robots", "artificial intelligence", "invention", "puzzle", "roguelike", "adventure",
    "exciting",
})  # fmt: skip
LEVEL: Final = frozenset({
    "thoughtful", "thought provoking", "documentary", "biography", "history", "science", "nature", "travel",
    "slice of life", "storytelling", "philosophy", "philosophical", "relaxed", "puzzle", "strategy",
    "simulation", "detective", "coming of age", "literary", "classic", "everyday life", "subtle",
    "contemplation", "reflective", "indie", "folk", "jazz", "clever",
})  # fmt: skip
MOURNFUL: Final = frozenset({
    "sad", "melancholy", "touching", "bittersweet", "loss", "grief", "loneliness", "heartbreak", "longing",
    "tearjerker", "tear jerker", "tragedy", "tragic", "reflective", "drama", "farewell", "memory",
    "nostalgia", "sadness", "poetry", "blues", "acoustic", "gloomy",
})  # fmt: skip
RAGING: Final = frozenset({
    "revenge", "rebellion", "injustice", "angry", "aggressive", "metal", "punk", "hard rock", "rap",
    "action", "fighting", "shooter", "intense", "war", "corruption", "violence", "resistance",
})  # fmt: skip
DREADFUL: Final = frozenset({
    "suspense", "suspenseful", "tense", "eerie", "thriller", "mystery", "survival", "paranoia", "haunting",
    "psychological thriller", "conspiracy", "gothic", "escape", "dread", "horror", "fear",
})  # fmt: skip

HEARD_AS_GLAD: Final = frozenset({"happy", "cheerful", "fun", "joyful", "happiness", "upbeat", "hopeful"})
"""What listeners say of songs that are no burden to an unhappy mood."""
COARSE: Final = ADULT | {"sexy", "raunchy comedy", "stoner comedy", "dark comedy", "gross"}
LOUD: Final = frozenset({
    "intense", "tense", "survival", "disaster", "revenge", "kidnapping", "metal", "punk", "hip hop",
    "hard rock", "energetic", "angry", "aggressive", "true crime", "action", "shooter",
})  # fmt: skip
RESTLESS: Final = frozenset({
    "science fiction", "adventure", "insanity", "paranoia", "satire", "hip hop", "electronic", "space",
    "destruction", "tower defense", "roguelike", "physics", "battle royale", "military", "real time",
    "time management",
})  # fmt: skip
EROTIC: Final = frozenset({
    "adult", "adult fiction", "adults only", "erotic", "erotica", "erotic romance", "bdsm", "porn",
    "pornography", "sex", "sexual content", "nsfw", "hentai", "smut", "dark romance", "sexy",
})  # fmt: skip
APART: Final = frozenset({"sequel", "omnibus", "companion", "picture book"})
"""Works that need another one first, or are for small children."""
CHRISTMAS: Final = frozenset({"christmas", "holiday"})

HORROR_PENALTY: Final = 30.0
"""More than all else together: no taste outweighs it where a mood is lifted or calmed."""
SENSITIVE_PENALTY: Final = 1.5
"""Nobody should come upon a work about suicide, self-harm or abuse by chance."""
EROTIC_PENALTY: Final = 2.5
"""Not for whoever did not ask for it."""
APART_PENALTY: Final = 2.5
"""Few people want to begin with the third part, or with the book about the film of the book."""
CHRISTMAS_PENALTY: Final = 3.0
"""Outside December."""

WELCOME: Final[dict[Need, frozenset[str]]] = {
    "joy": FUNNY | LIVELY,
    "wonder": STRANGE,
    "ease": LEVEL | {"acoustic", "quiet", "soft rock", "easy listening", "instrumental", "classical"},
    "sorrow": MOURNFUL,
    "fury": RAGING,
    "dread": DREADFUL,
    "cheer": FUNNY | WARM | HEARD_AS_GLAD,
    "absorb": ABSORBING | FUNNY | HEARD_AS_GLAD | {"calm", "nostalgic", "comforting"},
    "reassure": (WARM | QUIET | {"romantic", "comforting"}) - {"inspiring", "second chance", "poetry"},
}
AVOIDED: Final[dict[Need, frozenset[str]]] = {
    "joy": GRIM | HORROR,
    "wonder": GRIM | HORROR | {"drama", "religious", "sports", "sport", "racing", "driving"},
    "ease": GRIM | HORROR | COARSE | LOUD,
    "sorrow": FUNNY | LIVELY | HORROR | SENSITIVE,
    "fury": WARM | QUIET,
    "dread": WARM | FUNNY,
    "cheer": GRIM | HORROR | TENSE | COARSE | {"hitman", "infidelity", "divorce", "revenge", "insanity"},
    "absorb": GRIM | HORROR | HEATED | COARSE | {"romance", "family", "cute", "love", "insanity", "paranoia"},
    "reassure": (GRIM | HORROR | TENSE | HEATED | COARSE | RESTLESS) - WARM,
}
WELCOME_WORTH: Final = 0.35
AVOIDED_WORTH: Final = -2.0


def needs_of(probabilities: Mapping[Emotion, float], choice: StrategyChoice) -> dict[Need, float]:
    """How much weight each need has; the weights sum to 1."""
    weights: dict[Need, float] = {}
    for emotion in EMOTIONS:
        need = need_of(emotion, OWN[emotion] if choice == "auto" else choice)
        weights[need] = weights.get(need, 0.0) + probabilities[emotion]
    return weights


def need_of(emotion: Emotion, strategy: Strategy) -> Need:
    """What a strategy does about an emotion."""
    if strategy == "match":
        return MATCHED[emotion]
    if strategy == "lift":
        return "cheer"
    return "absorb" if emotion == "angry" else "reassure"


def worths(weights: Mapping[Need, float]) -> dict[str, float]:
    """What each word adds to an item's fit."""
    summed: dict[str, float] = {}
    for need, weight in weights.items():
        if weight > 0:
            for word, worth in _worths_of(need).items():
                summed[word] = summed.get(word, 0.0) + weight * worth
    return summed


@lru_cache
def _worths_of(need: Need) -> dict[str, float]:
    welcome = dict.fromkeys(WELCOME[need], WELCOME_WORTH)
    return welcome | dict.fromkeys(AVOIDED[need], AVOIDED_WORTH)


def fit(words: Iterable[str], worth: Mapping[str, float]) -> float:
    """How well an item with these words meets the needs, from -2 to 1; 0 where nothing is known.

    What is welcome counts up to 1, however much there is of it: it does not hide what is to be avoided.
    """
    welcome = avoided = 0.0
    for value in map(worth.get, words, repeat(0.0)):
        if value > 0:
            welcome += value
        else:
            avoided += value
    return min(1.0, welcome) + max(-2.0, avoided)


def penalties(soothed: float, *, sensitive: bool, festive: bool) -> dict[str, float]:
    """What each word takes from an item's score, whatever its fit; see `rank.ask` for the arguments."""
    found = dict.fromkeys(APART, APART_PENALTY) | dict.fromkeys(EROTIC, EROTIC_PENALTY)
    found |= dict.fromkeys(SENSITIVE, SENSITIVE_PENALTY * (soothed if sensitive else 1.0))
    if not festive:
        found |= dict.fromkeys(CHRISTMAS, CHRISTMAS_PENALTY)
    if soothed:
        found |= dict.fromkeys(HORROR, HORROR_PENALTY * soothed)
    return found


def penalty(words: Iterable[str], amounts: Mapping[str, float]) -> float:
    """The largest of the penalties of an item with these words; 0 without one."""
    return max(map(amounts.get, words, repeat(0.0)), default=0.0)


def soothed(probabilities: Mapping[Emotion, float], choice: StrategyChoice) -> float:
    """The weight of unhappy emotions that are not matched, 0 to 1."""
    return sum(
        probabilities[emotion]
        for emotion in UNHAPPY
        if (OWN[emotion] if choice == "auto" else choice) != "match"
    )
