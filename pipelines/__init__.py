from importlib.util import find_spec

if ".zip/" in __file__ and find_spec("numba") is not None:  # shipped to a cluster; a sandbox has no numba
    from pipelines.zipped_kernels import keep_zipped_kernels

    keep_zipped_kernels()
