"""A migration operation for indexes on the adopted table, which Django's own would leave out."""

from collections.abc import Callable

from django.core.management.base import CommandError
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

from stats.db import online


class AddIndexOnline(migrations.AddIndex):
    """AddIndex, but on an unmanaged table it creates the index too, while others write to it."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if model._meta.managed:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        index = self._index_on(model)
        if schema_editor.collect_sql:
            schema_editor.execute(index.statement)
            return
        _told(lambda: online.create_index(schema_editor.connection, index))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if model._meta.managed:
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        index = self._index_on(model)
        _told(lambda: online.drop_index(schema_editor.connection, index.table, index.name))

    def _index_on(self, model: type[models.Model]) -> online.IndexOn:
        fields = (model._meta.get_field(name) for name in self.index.fields)
        columns = tuple(str(field.column) for field in fields)  # type: ignore[union-attr]
        return online.IndexOn(model._meta.db_table, self.index.name, columns)


def _told(task: Callable[[], None]) -> None:
    """Run a task; what stops it is told in one sentence, not in a traceback."""
    try:
        task()
    except online.NotDoneError as error:
        raise CommandError(str(error)) from error
