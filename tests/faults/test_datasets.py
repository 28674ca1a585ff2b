"""Every call of a data set's way broken, its processes killed, its execution stopped."""

import pytest
from faults.case import at, cases
from faults.job_campaign import JobCampaign, Jobs
from faults.job_case import CLEAN, DONE, EITHER, FLAGGED, JobCase, broken, cut_off, stopped
from faults.job_promises import assert_job_ended, assert_only_judged_pictures_pass

pytestmark = pytest.mark.engine

FAILED = ("FAILED",)
READS = [
    ("PrepareDatasetFunction", "s3", "GetObject", 0),
    ("PrepareDatasetFunction", "s3", "ListObjectsV2", 0),
    ("ModerateDatasetImagesFunction", "s3", "HeadObject", 0),
    ("ModerateDatasetImagesFunction", "s3", "GetObject", 0),
    ("ModerateDatasetImagesFunction", "rekognition", "DetectModerationLabels", 0),
    ("ReportDatasetFunction", "s3", "ListObjectsV2", 0),
    ("ReportDatasetFunction", "s3", "HeadObject", 0),
    ("ReportDatasetFunction", "s3", "GetObject", 0),
    ("ReportDatasetFunction", "s3", "GetObject", 1),
    ("ReportDatasetFunction", "s3", "ListObjectsV2", 1),
    ("ReportDatasetFunction", "s3", "GetObject", 2),
]
WRITES = [
    ("PrepareDatasetFunction", "s3", "PutObject", 0),
    ("PrepareDatasetFunction", "dynamodb", "PutItem", 0),
    ("ModerateDatasetImagesFunction", "s3", "PutObject", 0),
    ("ModerateDatasetImagesFunction", "s3", "CopyObject", 0),
    ("ModerateDatasetImagesFunction", "s3", "CopyObject", 1),
    ("ModerateDatasetImagesFunction", "s3", "DeleteObject", 0),
    ("ReportDatasetFunction", "s3", "CopyObject", 0),
    ("ReportDatasetFunction", "s3", "PutObject", 0),
    ("ReportDatasetFunction", "s3", "PutObject", 3),
]
TRAINING = ("/StartFineTuning", "sagemaker", "CreateTrainingJob", 0)
MACHINE = [
    ("/PrepareDataset", "lambda", "Invoke", 0),
    ("/FilterKeywords", "lambda", "Invoke", 0),
    ("/ClassifyPrompt", "lambda", "Invoke", 0),
    ("/ModerateDatasetImages", "lambda", "Invoke", 0),
    ("/ReportDataset", "lambda", "Invoke", 0),
    TRAINING,
    ("/RecordJob", "dynamodb", "UpdateItem", 0),
    ("/AnnounceJob", "events", "PutEvents", 0),
    ("/MarkJobAnnounced", "dynamodb", "UpdateItem", 0),
]
BROKEN = broken(
    "dataset",
    [*READS, *WRITES, *(call for call in MACHINE if call != TRAINING)],
    quick=("malformed-ModerateDatasetImages-DetectModerationLabels-1",),
)
KILLED = cut_off("dataset", WRITES, quick=("kill_after-ModerateDatasetImages-DeleteObject-1",))
# Where the answer is lost, the training runs, and starting it again is refused.
TRAINED = [
    JobCase(f"dataset-{how}-StartFineTuning", ends, (at(*TRAINING[:3], how),), kind="dataset")
    for how, ends in (("error", DONE), ("throttle", DONE), ("lost", FAILED))
]
STOPPED = [
    stopped("dataset", call, FAILED if call[1] in ("lambda", "sagemaker") else EITHER,
            quick=call[0] == "/ModerateDatasetImages")
    for call in MACHINE
    if call[0] != "/MarkJobAnnounced"
]  # fmt: skip
# What may have been asked for, and paid, without its verdict having been kept.
MAY_BE_JUDGED_AGAIN = ("ModerateDatasetImages", "stopped")


@cases([*BROKEN, *TRAINED, *KILLED, *STOPPED])
def test_a_data_set_meets_a_fault(
    job_campaign: tuple[JobCampaign, Jobs, Jobs], case: JobCase
) -> None:
    conducted, left, after = job_campaign
    conducted.check(case)
    job = assert_job_ended(left, case, case.ends)
    assert_only_judged_pictures_pass(left, case, job)
    again = assert_job_ended(after, case, DONE)
    assert again["run"] == (2 if job["status"] == "FAILED" else 1)
    assert_only_judged_pictures_pass(after, case, again)
    if not any(word in case.name for word in MAY_BE_JUDGED_AGAIN):
        asked = {
            name: after.world.stack.stand_ins.calls("DetectModerationLabels", case.place + name)
            for name in (*CLEAN, FLAGGED)
        }
        assert set(asked.values()) == {1}, "paid twice"
