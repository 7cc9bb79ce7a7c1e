"""Paths of blocks."""


def path_to_location(modulestore, usage_key, request=None, full_path=False):
    modulestore.calls.append(("path", str(usage_key)))
    if modulestore.error:
        raise modulestore.error
    return modulestore.paths[usage_key]
