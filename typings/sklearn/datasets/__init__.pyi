from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Data: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int64]]

def load_breast_cancer(*, return_X_y: Literal[True]) -> _Data: ...  # noqa: N803 (theirs)
def load_digits(*, return_X_y: Literal[True]) -> _Data: ...  # noqa: N803
