"""What is set wrong is told when the project starts to use it."""

import pytest

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("change", "told"),
    [({"url": None}, "needs: url"), ({"offer": ()}, "has no: offer"), ({"keys": None}, "needs: keys")],
)
def test_a_setting_that_is_missing_or_none_of_it_is_named(project, change, told):
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 - Django reads its settings first
    from django.test import override_settings  # noqa: PLC0415 - as above

    from solely.client.django import setting  # noqa: PLC0415 - as above

    known = dict(setting._setting()) | change
    changed = {name: value for name, value in known.items() if value is not None}
    with override_settings(SOLELY=changed), pytest.raises(ImproperlyConfigured, match=told):
        setting._setting()


def test_pages_and_client_are_made_once(project):
    from solely.client.django import setting  # noqa: PLC0415 - Django reads its settings first

    assert setting.pages() is setting.pages()
    assert setting.client() is setting.client()
