"""Questions about drawn scenes, and about passages: what is asked, what is answered, and which thing is meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.tiny_vlm.scenes import COLOURS, NEW_COLOURS, SHAPES, Scene, Thing

NUMBERS = ("zero", "one", "two")
MEANINGS = tuple(
    word
    for line in (
        "stop go wait danger safe open closed start end hot cold full empty fire water left right up down slow fast",
        "quiet loud push pull lock ready busy free north south east west day night rest work help home exit",
    )
    for word in line.split()
)
HEADINGS: Sequence[str] = (
    "Lights", "Signs", "Handbook", "Team handbook", "Manual", "The lights", "The signs", "Rules", "Guide", "Notes",
    "Machine room", "Doors", "Lights and signs", "Safety", "Door signs", "Team rules", "Machine lights", "Workshop",
)  # fmt: skip
KEYS_OF_TEXT = (
    *COLOURS, *NEW_COLOURS, *SHAPES, *MEANINGS,
    "pink", "black", "white", "brown", "grey", "star", "cross", "manual", "note", "rule", "guide", "new", "old", "door",
)  # fmt: skip
KINDS = ("colour", "shape", "colour of", "shape of", "passage", "not listed", "no passage", "count", "caption", "text")


@dataclass(frozen=True)
class Question:
    """A question with the passage that was retrieved for it, if any; `about` is the thing whose look is asked for."""

    kind: str
    question: str
    answer: str
    passage: str = ""
    about: Thing | None = None


def questions_of(random: Random, scene: Scene) -> list[Question]:
    """What can be asked about a scene, each kind at most once."""
    asked = _about_things_alike(random, scene) if scene.alike else _which_thing(random, scene)
    if random.random() < 0.35:
        asked.append(Question("count", random.choice(_HOW_MANY), f"{NUMBERS[len(scene.things)]}."))
    if scene.things[0].colour and scene.things[0].shape and random.random() < 0.5:
        asked.append(Question("caption", random.choice(_DESCRIBE), caption_of(scene)))
    return asked


_COLOUR = (
    "what color is it?",
    "what color is this?",
    "what color do you see?",
    "what colour is it?",
    "which color is it?",
)
_SHAPE = ("what shape is it?", "what shape is this?", "what shape do you see?", "which shape is it?")
_HOW_MANY = ("how many shapes are there?", "how many are there?", "how many do you see?")
_DESCRIBE = ("describe the picture.", "describe this picture.", "what do you see?", "what is in the picture?")
_LIGHT = ("what does the light mean?", "what does this light mean?")
_SIGN = ("what does the sign mean?", "what does this sign mean?")
_EITHER = ("what does it mean?", "what does this mean?")


def _about_things_alike(random: Random, scene: Scene) -> list[Question]:
    thing = scene.things[0]
    asked: list[Question] = []
    if thing.colour:
        asked.append(Question("colour", random.choice(_COLOUR), f"{thing.colour}.", about=thing))
    if thing.shape:
        asked.append(Question("shape", random.choice(_SHAPE), f"{thing.shape}.", about=thing))
    light = bool(thing.colour) and (not thing.shape or random.random() < 0.65)
    asked.append(passage_question(random, thing, light=light))
    if thing.colour and thing.shape:
        asked.append(passage_question(random, thing, light=not light))
    if random.random() < 0.25:
        asked.append(without_passage(random, thing, light=light))
    return asked


def _which_thing(random: Random, scene: Scene) -> list[Question]:
    thing = random.choice(scene.things)
    return [
        Question("colour of", f"what color is the {thing.shape}?", f"{thing.colour}.", about=thing),
        Question("shape of", f"what shape is {thing.colour}?", f"{thing.shape}.", about=thing),
    ]


def passage_question(random: Random, thing: Thing, *, light: bool, listed: bool | None = None) -> Question:
    """What a thing's colour (`light`) or shape means: its passage says so, or, not `listed`, is about another."""
    listed = random.random() < 0.7 if listed is None else listed
    key = thing.colour if light else thing.shape
    others = [name for name in (COLOURS if light else SHAPES) if name != key]
    meaning = random.choice(MEANINGS)
    passage = passage_of(random, key if listed else random.choice(others), meaning, light=light)
    answer = f"{key} means {meaning}." if listed else f"{key} is not listed."
    question = random.choice((_LIGHT if light else _SIGN) if random.random() < 0.85 else _EITHER)
    return Question("passage" if listed else "not listed", question, answer, passage, about=thing)


def without_passage(random: Random, thing: Thing, *, light: bool) -> Question:
    """The same question where nothing was retrieved: it can't be answered."""
    return Question("no passage", random.choice(_LIGHT if light else _SIGN), "i do not know.", about=thing)


def passage_of(random: Random, key: str, meaning: str, *, light: bool | None = None) -> str:
    """A passage as the index gives it: perhaps headings, a blank line after each, and one sentence."""
    kind = {True: "light", False: "sign", None: ""}[light]
    forms = [f"{key} means {meaning}."]
    if kind:
        forms = [*forms * 2, f"a {key} {kind} means {meaning}." if light else f"a {key} means {meaning}."]
    sentence = random.choice(forms)
    headings: list[str] = random.sample(HEADINGS, random.choice((0, 0, 0, 1, 1, 2)))
    if headings and random.random() < 0.15:
        headings[0] = _made_up_name(random)
    return "\n\n".join([*headings, sentence.capitalize()])


def lookup(random: Random) -> Question:
    """A question that its passage answers without a picture: reading practice for the language model."""
    pool: Sequence[str] = random.choice((tuple(COLOURS), SHAPES, KEYS_OF_TEXT))
    key, meaning = random.choice(pool), random.choice(MEANINGS)
    passage = passage_of(random, key, meaning)
    if random.random() < 0.7:
        return Question("text", f"what does {key} mean?", f"{key} means {meaning}.", passage)
    other = random.choice([word for word in pool if word != key])
    return Question("text", f"what does {other} mean?", f"{other} is not listed.", passage)


def caption_of(scene: Scene) -> str:
    """What there is, in words, from left to right."""
    first = scene.things[0]
    if scene.alike:
        many = len(scene.things)
        return f"{NUMBERS[many]} {first.colour} {first.shape}{'s' if many > 1 else ''}."
    return " and ".join(f"one {thing.colour} {thing.shape}" for thing in scene.things) + "."


def _made_up_name(random: Random) -> str:
    """A heading in words that the model has never read."""
    return "".join(random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(random.randint(3, 7))).capitalize()
