"""What data may be called."""

import pytest

from edgekit.errors import NotFoundError
from edgekit.options.data_options import DataSpec


@pytest.mark.parametrize("length", [300, 5000])
def test_a_name_that_no_file_can_have_is_not_found(tmp_path, length):
    with pytest.raises(NotFoundError, match="cannot be looked for: File name too long"):
        DataSpec.from_text(str(tmp_path / ("d" * length)))
