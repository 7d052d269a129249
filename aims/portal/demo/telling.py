"""Tells the story: carries out each event at its moment, through the services that the portal itself uses.

Everybody does their own part, so four eyes, the gate and every guard hold here as anywhere.
"""

import datetime as dt
import functools
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Permission
from django.http import QueryDict
from django.utils import timezone

from aims.accounts import departures
from aims.accounts import services as people_services
from aims.accounts.holdings import Passing
from aims.accounts.middleware import who
from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.ledger import trail
from aims.ledger.acting import Act, Who, acting
from aims.ledger.models import Channel
from aims.notifications import files, planning
from aims.notifications.inbox import mark_all_read
from aims.notifications.models import Notice
from aims.portal import saved_views
from aims.portal.demo import people, story
from aims.portal.demo.clock import at, working_days_before
from aims.portal.demo.story import Event
from aims.signoffs import services as signoffs
from aims.signoffs import subjects
from aims.signoffs.models import Decision
from aims.signoffs.standing import latest_decisions
from assessments import services as assessments
from assessments.models import Assessment
from assessments.schema import Content
from audits import services as audits
from registry import documents, services, snapshots, yaml_document
from registry import obligation_services as tasks
from registry.imports.applying import apply
from registry.imports.preview import prepare
from registry.imports.uploads import File, upload
from registry.models import AISystem, Obligation, SystemException, Waiver
from registry.schema import Record, parse_record


def tell(password: str) -> None:
    """Make the whole company, from its first account to last evening."""
    today = timezone.localdate()
    moment = _moment(today, story.BEGINS, dt.time(8, 30))
    with at(moment), acting(Act(Channel.COMMAND, at=moment)):
        people.hire(password)
    deeds = Deeds(password)
    inboxes_read = False
    for event in story.events():
        if event.day <= RECENT and not inboxes_read:
            with at(_moment(today, RECENT + 1, dt.time(17, 30))):
                planning.plan()
                _read_inboxes()
            inboxes_read = True
        moment = _moment(today, event.day, event.at)
        with at(moment), acting(Act(Channel.PAGE, who=functools.partial(deeds.who, event), at=moment)):
            snapshots.renew()  # as whoever opens a list does: so it is known since when something is overdue
            getattr(deeds, event.does)(event, **event.details)
    with at(_moment(today, 1, dt.time(17, 55))):
        snapshots.renew()
        planning.plan()
    snapshots.renew()
    _mail()


def _read_inboxes() -> None:
    """Everybody reads what they were told until now."""
    for person in User.objects.filter(notices__read_at=None).distinct():
        mark_all_read(person)


def _mail() -> None:
    """Only what is still unread is e-mailed, and only to files: a mail server is not to send a story."""
    waiting = Notice.objects.filter(mail=Notice.Mail.WAITING)
    told = waiting.exclude(read_at=None) if files.in_use() else waiting
    told.update(mail=Notice.Mail.NONE, deliver_after=None)


RECENT = 7
"""Working days before today, since when nobody in the story has looked into their inbox."""


def _moment(today: dt.date, day: int, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(working_days_before(today, day), time, tzinfo=timezone.get_current_timezone())


class Deeds:
    """What people do in the story (`does`), one method each."""

    def __init__(self, password: str) -> None:
        self.password = password
        # One hash serves all accounts, so one check does too; it takes a third of a second on purpose.
        self.opens = functools.cache(people.anybody().check_password)

    def person(self, login: str) -> User:
        """Loaded anew each time: roles and substitutes depend on the day."""
        user = User.objects.get(email=f"{login}@example.com")
        vars(user)["check_password"] = self.opens
        return user

    def who(self, event: Event) -> Who:
        """The person as the ledger names them, with the roles of that day."""
        return who(self.person(event.who))

    # The record

    def bring_in(self, event: Event, records: list[str], why: str = "") -> None:
        """Import files as on the page: look at the preview, then confirm it."""
        by = self.person(event.who)
        files = [story.record_file(name) for name in records]
        batch = upload([File(file.name, file.read_bytes()) for file in files], by=by)
        prepare(batch, by=by)
        apply(batch, seen=batch.fingerprint, by=by, reason=why)

    def register(self, event: Event) -> None:
        """Register the system in the form."""
        by = self.person(event.who)
        record = parse_record(yaml_document.read(story.record_file(event.about).read_bytes()))
        team = by.memberships.get(team__slug=record.owner).team
        services.system_create(record, team=team, by=by)

    def edit(self, event: Event, set: Mapping[str, Any], why: str) -> None:
        """Change some fields of the record, named by their paths."""
        system = _system(event)
        document = documents.record_of(system)
        for path, value in set.items():
            *sections, key = path.split(".")
            functools.reduce(lambda part, name: part[name], sections, document)[key] = value
        record = Record.model_validate(document)
        by = self.person(event.who)
        services.system_update(system, record, team=system.team, by=by, revision=system.revision, reason=why)

    def move(self, event: Event, step: str, why: str, refused: bool = False) -> None:
        """Ask for a step from stage to stage; the story knows whether the gate refuses."""
        moved = services.system_move(_system(event), step, by=self.person(event.who), reason=why)
        if moved.done == refused:
            answer = moved.answer.as_dict() if moved.answer else {}
            raise RuntimeError(f"{event}: the gate does not answer as the story has it: {answer}")

    # The assessment

    def begin(self, event: Event) -> None:
        assessments.begin(_system(event), by=self.person(event.who))

    def write(
        self,
        event: Event,
        answers: str = "",
        sections: list[str] | None = None,
        set: Mapping[str, Any] | None = None,
    ) -> None:
        """Answer the assessment: from a file, all of it or some sections, or with the answers given."""
        prepared = story.answers(answers) if answers else dict(set or {})
        if sections is not None:
            prepared = {name: prepared[name] for name in sections}
        assessment = _assessment(event)
        content = Content.of(_merged(assessment.content, _dated(prepared)))
        assessments.save(assessment, content, by=self.person(event.who), revision=assessment.revision)

    def submit(self, event: Event) -> None:
        assessments.submit(_assessment(event), by=self.person(event.who))

    # Signatures

    def decide(self, event: Event, what: str, role: str, why: str, decision: str = Decision.APPROVE) -> None:
        """Sign the assessment or the system, or send it back."""
        kind, key = _subject(event, what)
        by = self.person(event.who)
        signoffs.sign(
            kind,
            key,
            role=role,
            decision=decision,
            reason=why,
            password=self.password,
            shown=kind.load(by, key).signed_bytes,
            by=by,
        )

    def withdraw(self, event: Event, what: str, role: str, why: str) -> None:
        kind, key = _subject(event, what)
        by = self.person(event.who)
        subject = kind.load(by, key)
        signoff = latest_decisions(subject.kind, [subject.id])[subject.id][role]
        signoffs.withdraw(kind, signoff, reason=why, password=self.password, by=by)

    # Tasks

    def confirm(self, event: Event, task: str, why: str, in_place: bool = True) -> None:
        """Write down what was checked today."""
        tasks.confirm(
            _task(event, task),
            on=timezone.localdate(),
            in_place=in_place,
            note=why,
            by=self.person(event.who),
        )

    def assign(self, event: Event, task: str, to: str) -> None:
        tasks.assign([_task(event, task)], to=self.person(to), by=self.person(event.who))

    def ask_waiver(self, event: Event, task: str, days: int, why: str) -> None:
        """Ask that a task may wait; it does once those whom policy names have signed."""
        until = timezone.localdate() + dt.timedelta(days=days)
        tasks.waiver_request(_task(event, task), until=until, reason=why, by=self.person(event.who))

    # The gap checklist

    def score_gap(self, event: Event) -> None:
        audits.score_and_keep()

    def confirm_item(self, event: Event, item: str, days: int, why: str, in_place: bool = True) -> None:
        """Confirm an item of the gap checklist, looked at today, for so many days."""
        today = timezone.localdate()
        audits.item_confirm(
            item,
            on=today,
            until=today + dt.timedelta(days=days),
            in_place=in_place,
            note=why,
            by=self.person(event.who),
        )

    # People

    def hand_over(self, event: Event, role: str, to: str, first: int, last: int, why: str) -> None:
        """Hand a signing role to a substitute, from so many days after to so many days after."""
        today = timezone.localdate()
        people_services.substitution_create(
            holder=self.person(event.who),
            role=Role(role),
            substitute=self.person(to),
            starts=today + dt.timedelta(days=first),
            ends=today + dt.timedelta(days=last),
            reason=why,
        )

    def let_go(self, event: Event, person: str, successor: str, why: str) -> None:
        """Deactivate somebody who leaves; one successor takes over all that can be."""
        leaver, heir = self.person(person), self.person(successor)
        held = departures.held_by(leaver)
        successors = {each.key: heir for each in held if each.holding.passing is not Passing.ENDS}
        departures.deactivate(leaver, successors=successors, by=self.person(event.who), reason=why)

    def make_exception(self, event: Event, to: str, permission: str, days: int, why: str) -> None:
        """Open a system to somebody beyond roles and teams, as the administrator's form does."""
        exception = SystemException(
            user=self.person(to),
            content_object=_system(event),
            permission=Permission.objects.get(codename=permission, content_type__app_label="registry"),
            until=timezone.localdate() + dt.timedelta(days=days),
            reason=why,
        )
        exception.full_clean()
        trail.save(exception, by=self.person(event.who))

    def save_view(self, event: Event, name: str, query: str, role: str = "", page: str = "systems") -> None:
        """Keep a list as it is filtered and sorted, for oneself or shared with a role."""
        lists = {"systems": "registry:systems", "assessments": "assessments:assessments"}
        params = QueryDict(query)
        saved_views.save(lists[page], params, name=name, role=role, by=self.person(event.who))


def _system(event: Event) -> AISystem:
    return AISystem.objects.select_related("team", "edited_by").get(slug=event.about)


def _assessment(event: Event) -> Assessment:
    return Assessment.objects.newest().get(system__slug=event.about)


def _task(event: Event, kind: str) -> Obligation:
    return Obligation.objects.select_related("system__team").get(system__slug=event.about, kind=kind)


def _subject(event: Event, what: str) -> tuple[subjects.Kind, str]:
    kind = subjects.kind(what)
    if kind is None:
        raise RuntimeError(f"{event}: nothing of the kind {what!r} can be signed.")
    match what:
        case "assessment":
            return kind, _assessment(event).ref
        case "waiver":
            return kind, str(Waiver.objects.filter(obligation__system__slug=event.about).latest("pk").pk)
        case _:
            return kind, event.about


def _merged(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What stands there with what is new on top; lists are replaced."""
    merged = dict(before)
    for key, value in after.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(value, dict) and isinstance(old, dict) else value
    return merged


def _dated(prepared: dict[str, Any]) -> dict[str, Any]:
    """Days from now become dates, and measures get their names."""
    today = timezone.localdate()
    for measure in prepared.get("mitigations", []):
        measure["id"] = assessments.new_measure_id()
        if "due" in measure:
            measure["due"] = (today + dt.timedelta(days=measure["due"])).isoformat()
    decision = prepared.get("decision", {})
    if "review_date" in decision:
        decision["review_date"] = (today + dt.timedelta(days=decision["review_date"])).isoformat()
    return prepared
