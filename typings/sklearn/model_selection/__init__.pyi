from typing import Any

from numpy.typing import NDArray

def train_test_split(
    *arrays: NDArray[Any], test_size: float = 0.25, random_state: int | None = None
) -> list[NDArray[Any]]: ...
