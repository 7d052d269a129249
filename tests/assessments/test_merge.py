"""Two people, one document."""

from typing import Any

from assessments.merge import keyed, merge, taking, unkeyed
from assessments.schema import Content
from tests.lifecycle import complete_content


def document(**changes: Any) -> dict[str, Any]:
    """The complete content with values at dotted paths changed."""
    found = keyed(complete_content().document())
    for path, value in changes.items():
        *way, last = path.split("__")
        place = found
        for key in way:
            place = place[key]
        place[last] = value
    return unkeyed(found)


BASE = document()


def test_different_fields_are_put_together() -> None:
    merged, clashes = merge(BASE, document(context__purpose="mine"), document(context__environment="theirs"))
    assert clashes == []
    assert (merged["context"]["purpose"], merged["context"]["environment"]) == ("mine", "theirs")


def test_the_same_change_on_both_sides_is_no_clash() -> None:
    both = document(context__purpose="the same")
    assert merge(BASE, both, both) == (both, [])


def test_the_same_field_changed_differently_clashes_and_holds_mine() -> None:
    merged, clashes = merge(BASE, document(context__purpose="mine"), document(context__purpose="theirs"))
    (clash,) = clashes
    assert (clash.path, clash.mine, clash.theirs) == ("context.purpose", "mine", "theirs")
    assert merged["context"]["purpose"] == "mine"


def test_a_rating_is_one_answer() -> None:
    """Else likelihood of one person and severity of the other would give a rating that nobody chose."""
    mine, theirs = document(impacts__privacy__rating=[4, 2]), document(impacts__privacy__rating=[2, 4])
    _merged, clashes = merge(BASE, mine, theirs)
    assert [(clash.path, clash.mine, clash.theirs) for clash in clashes] == [
        ("impacts.privacy.rating", [4, 2], [2, 4])
    ]


def test_two_measures_added_at_once_are_both_kept() -> None:
    mine = document(mitigations__mine0000={"id": "mine0000", "title": "Mine"})
    theirs = document(mitigations__theirs00={"id": "theirs00", "title": "Theirs"})
    merged, clashes = merge(BASE, mine, theirs)
    assert clashes == []
    assert [measure["id"] for measure in merged["mitigations"]] == ["a1b2c3d4", "theirs00", "mine0000"]


def test_what_one_side_removed_and_the_other_left_alone_is_gone() -> None:
    merged, clashes = merge(BASE, {**BASE, "mitigations": []}, BASE)
    assert (merged["mitigations"], clashes) == ([], [])


def test_what_one_side_removed_and_the_other_changed_clashes_as_a_whole() -> None:
    _merged, clashes = merge(
        BASE, {**BASE, "mitigations": []}, document(mitigations__a1b2c3d4__owner="Somebody")
    )
    (clash,) = clashes
    assert (clash.path, clash.mine) == ("mitigations.a1b2c3d4", None)
    assert clash.theirs["owner"] == "Somebody"


def test_a_dimension_that_the_other_side_added_stays() -> None:
    theirs = document()
    theirs["impacts"] = {
        **theirs["impacts"],
        "labour": Content.of({"impacts": {"labour": {}}}).document()["impacts"]["labour"],
    }
    merged, clashes = merge(BASE, document(context__purpose="mine"), theirs)
    assert "labour" in merged["impacts"]
    assert clashes == []


def test_the_result_is_content_again() -> None:
    merged, _clashes = merge(
        BASE, document(impacts__safety__harm="a fall"), document(impacts__privacy__rating=None)
    )
    assert Content.of(merged).impacts["privacy"].score is None


def test_taking_theirs_replaces_adds_and_removes() -> None:
    theirs = document(context__purpose="theirs")
    assert taking(document(context__purpose="mine"), theirs, ["context.purpose"]) == theirs
    gone = {**BASE, "mitigations": []}
    assert taking(BASE, gone, ["mitigations.a1b2c3d4"]) == gone
    assert taking(gone, BASE, ["mitigations.a1b2c3d4"]) == BASE


def test_taking_leaves_its_arguments_alone() -> None:
    mine = document(context__purpose="mine")
    taking(mine, BASE, ["context.purpose"])
    assert mine == document(context__purpose="mine")
