from dicot.kube.keep import without


def test_named_paths_are_left_out_and_the_object_stays_as_it_was():
    obj = {
        "metadata": {"name": "a"},
        "spec": {"big": {"x": 1}, "small": 2},
        "status": {"big": [1, 2], "phase": "Running"},
    }
    before = {"metadata": {"name": "a"}, "spec": dict(obj["spec"]), "status": dict(obj["status"])}
    kept = without("spec.big", "status.big", "status.nosuch", "nosuch.at.all")(obj)
    assert kept == {"metadata": {"name": "a"}, "spec": {"small": 2}, "status": {"phase": "Running"}}
    assert obj == before


def test_field_owners_are_reduced_to_the_newest_time():
    fields = [{"manager": "x", "time": "2026-01-01T00:00:00Z"}, {"manager": "y", "time": "2026-01-02T00:00:00Z"}]
    kept = without()({"metadata": {"name": "a", "managedFields": fields}})
    assert kept["metadata"]["managedFields"] == [{"time": "2026-01-02T00:00:00Z"}]
