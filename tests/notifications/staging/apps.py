from django.apps import AppConfig

from aims.notifications import due_dates, kinds


class StagingConfig(AppConfig):
    name = "tests.notifications.staging"

    def ready(self) -> None:
        from tests.notifications.staging import dues  # noqa: PLC0415  (models are loaded only now)

        kinds.register(dues.STAGED)
        due_dates.register("staged", dues.staged)
