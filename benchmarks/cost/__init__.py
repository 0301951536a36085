"""What a picture costs. One thread of BLAS, as in our workers: it has to be said before numpy is imported."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
