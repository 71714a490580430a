"""G9: a signature file is taken whole or not at all; no browser is ever recognised, no pinned crawler is ever lost."""

import random
from pathlib import Path

import pytest

from gatepost.core.admission import admit
from gatepost.core.corpora import Expected
from gatepost.core.crawlers import Purpose, SignatureSet
from gatepost.core.matching import Matcher
from gatepost.core.policy import blocking, decide
from gatepost.core.signatures import read_signatures
from gatepost.errors import SignatureFileError
from gatepost.sources import load_signatures, packaged_corpora, packaged_signatures
from guarantees.parts import sized

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
BAD_FILES = sorted((Path(__file__).parents[1] / "core" / "signature_files" / "bad").glob("*.yaml"))
MUTANTS = sized(500, 40)
SOURCE = packaged_signatures()
HELD = read_signatures(SOURCE)
CORPORA = {corpus.name: corpus for corpus in packaged_corpora()}


def admitted(source: bytes) -> SignatureSet | None:
    try:
        return admit(source, packaged_corpora(), HELD)
    except SignatureFileError:
        return None


def mutant(dice: random.Random) -> bytes:
    """The real file after what happens to files: entries or lines lost, doubled or moved, a bit turned, a bad token."""
    lines = SOURCE.splitlines(keepends=True)
    here, there = sorted(dice.sample(range(len(lines)), 2))
    match dice.randrange(6):
        case 0:
            begins = [n for n, line in enumerate(lines) if line.startswith(b"  - name: ")]
            first = dice.randrange(len(begins) - 1)
            del lines[begins[first] : begins[min(len(begins) - 1, first + dice.choice([1, 3, 20, 130]))]]
        case 1:
            lines[there:there] = lines[here : here + dice.randint(1, 40)]
        case 2:
            del lines[here:]
        case 3:
            lines[here], lines[there] = lines[there], lines[here]
        case 4:
            at = dice.randrange(len(lines[here]))
            lines[here] = lines[here][:at] + bytes([lines[here][at] ^ (1 << dice.randrange(8))]) + lines[here][at + 1 :]
        case _:
            word = dice.choice(
                ["Mozilla", "Win64", "Electron", "Googlebot", "iPhone OS", "Chrome", "Feedly", "Linux", "FBAN"]
            )
            tokens = [n for n, line in enumerate(lines) if line.lstrip().startswith(b"user_agent_tokens: [")]
            row = dice.choice(tokens)
            lines[row] = lines[row].split(b"[")[0] + b"[" + word.encode() + b"]\n"
    return b"".join(lines)


def harm_of(signatures: SignatureSet) -> tuple[int, int]:
    """Browsers that are refused or recognised, and pinned crawlers that are not recognised.

    Those inside apps may be recognised, as some say whose app it is, and are refused on no site.
    """
    matcher = Matcher(signatures)
    browsers = [matcher.recognise(one.user_agent.encode()) for one in CORPORA["browsers"].specimens]
    in_apps = [matcher.recognise(one.user_agent.encode()) for one in CORPORA["in_app_browsers"].specimens]
    everything = blocking(Purpose)
    refused = [matches for matches in browsers if matches]
    refused += [matches for matches in in_apps if decide(everything, matches, ["/"]).refused]
    pinned = CORPORA["pinned"].specimens
    known = [{m.crawler.name for m in matcher.recognise(one.user_agent.encode())} for one in pinned]
    return len(refused), sum(one.crawler not in names for one, names in zip(pinned, known, strict=True))


def test_g9_of_a_thousand_browsers_none_is_refused_and_all_pinned_crawlers_are_known(figure):
    browsers = [*CORPORA["browsers"].specimens, *CORPORA["in_app_browsers"].specimens]
    pinned = CORPORA["pinned"].specimens
    refused, missed = harm_of(load_signatures())
    figure("G9 browsers refused or recognised", "0 of >= 1,000", f"{refused} of {len(browsers):,}")
    figure("G9 pinned crawlers missed", "0", f"{missed} of {len(pinned)}")
    assert len(browsers) >= 1_000
    assert CORPORA["pinned"].expected is Expected.NAMED
    assert (refused, missed) == (0, 0)


def faults_of(source: bytes) -> set[str]:
    """The ids of what keeps a file out; none where it is admitted."""
    try:
        admit(source, packaged_corpora(), HELD)
    except SignatureFileError as error:
        return {fault.id for fault in error.faults}
    return set()


def test_g9_no_bad_file_is_admitted(figure):
    """Each is kept out by the fault that it is named after: as small as they are, anything else would do as well."""
    faults = {path.stem: faults_of(path.read_bytes()) for path in BAD_FILES}
    taken = [name for name, found in faults.items() if not found]
    otherwise = [name for name, found in faults.items() if name.split("--")[0] not in found]
    figure("G9 bad files admitted", "0 of >= 100", f"{len(taken)} of {len(BAD_FILES)}")
    assert len(BAD_FILES) >= 100
    assert taken == []
    assert otherwise == []


def test_g9_what_is_left_of_a_mutant_harms_nobody(figure):
    dice = random.Random(9)
    sets = [admitted(mutant(dice)) for _ in range(MUTANTS)]
    taken = [one for one in sets if one is not None]
    harm = [harm_of(one) for one in taken]
    shrunk = [one for one in taken if len(one.by_name.keys() & HELD.by_name.keys()) * 5 < len(HELD.crawlers) * 4]
    measured = f"{sum(one != (0, 0) for one in harm)} of {len(taken)} that were admitted of {MUTANTS}"
    figure("G9 mutants that refuse browsers or lose pinned crawlers", "0", measured)
    figure("G9 mutants that lost more than a fifth", "0", len(shrunk))
    assert 0 < len(taken) < MUTANTS
    assert set(harm) == {(0, 0)}
    assert shrunk == []
