"""Every call of a batch broken, its processes killed around each write, its execution stopped."""

import pytest
from faults.case import KILLS, at, cases, killed
from faults.job_campaign import JobCampaign, Jobs
from faults.job_case import DONE, EITHER, JobCase, broken, cut_off, stopped
from faults.job_promises import assert_job_ended, assert_rows_ended

pytestmark = pytest.mark.engine

FAILED = ("FAILED",)
# Function or state, service, operation, and how many such calls of it come before.
READS = [
    ("PrepareBatchFunction", "s3", "GetObject", 0),
    ("SummarizeBatchFunction", "s3", "ListObjectsV2", 0),
    ("SummarizeBatchFunction", "s3", "HeadObject", 0),
    ("SummarizeBatchFunction", "s3", "GetObject", 0),
    ("SummarizeBatchFunction", "s3", "GetObject", 1),
    ("SummarizeBatchFunction", "s3", "GetObject", 2),
]
WRITES = [
    ("PrepareBatchFunction", "dynamodb", "PutItem", 0),
    ("PrepareBatchFunction", "s3", "PutObject", 0),
    ("PrepareBatchFunction", "dynamodb", "UpdateItem", 0),
    ("PrepareBatchFunction", "events", "PutEvents", 0),
    ("PrepareBatchFunction", "dynamodb", "UpdateItem", 1),
    ("PrepareBatchFunction", "s3", "PutObject", 1),
    ("PrepareBatchFunction", "dynamodb", "UpdateItem", 2),
    ("SummarizeBatchFunction", "s3", "PutObject", 0),
    ("SummarizeBatchFunction", "s3", "PutObject", 1),
]
MACHINE = [
    ("/PrepareBatch", "lambda", "Invoke", 0),
    ("/RunRow", "states", "StartExecution", 0),
    ("/RunRow", "states", "StartExecution", 1),
    ("/CountRow", "dynamodb", "UpdateItem", 0),
    ("/SummarizeBatch", "lambda", "Invoke", 0),
    ("/RecordJob", "dynamodb", "UpdateItem", 0),
    ("/AnnounceJob", "events", "PutEvents", 0),
    ("/MarkJobAnnounced", "dynamodb", "UpdateItem", 0),
]
# Of one who reads or writes for Step Functions; what it cannot do may end the map.
MAP = [
    ("/RunRows", "s3", "ListObjectsV2", 0),
    ("/RunRows", "s3", "GetObject", 0),
    ("/RunRows", "s3", "PutObject", 0),
    ("/RunRows", "s3", "PutObject", 1),
]
BROKEN = broken("batch", [*READS, *WRITES, *MACHINE], quick=("error-RunRow-StartExecution-1-ever",))
BROKEN_MAPS = [
    JobCase(f"batch-{how}-RunRows-{call[2]}-{call[3] + 1}", EITHER, (at(*call[:3], how),))
    for call in MAP
    for how in ("error", "lost")
]
KILLED = cut_off("batch", WRITES, quick=("kill_after-PrepareBatch-PutItem-1",
                                         "kill_before-PrepareBatch-PutEvents-1"))  # fmt: skip
STOPPED = [
    stopped("batch", call, FAILED if call[1] == "lambda" else EITHER,
            quick=call[0] == "/SummarizeBatch")
    for call in MACHINE
    if call[0] != "/MarkJobAnnounced" and not call[3]
]  # fmt: skip
FOLLOWING = [
    ("FollowJobsFunction", "states", "DescribeExecution", 0),
    ("FollowJobsFunction", "dynamodb", "UpdateItem", 0),
    ("FollowJobsFunction", "events", "PutEvents", 0),
    ("FollowJobsFunction", "dynamodb", "UpdateItem", 1),
]
# Nobody else ends a job whose execution was stopped.
FOLLOWED = [
    stopped("batch", MACHINE[4], FAILED, killed(call, how),
            quick=(call[2], how) == ("PutEvents", "kill_after"))
    for call in FOLLOWING
    for how in (*KILLS, "error", "lost", "malformed")
]  # fmt: skip


@cases([*BROKEN, *BROKEN_MAPS, *KILLED, *STOPPED, *FOLLOWED])
def test_a_batch_meets_a_fault(job_campaign: tuple[JobCampaign, Jobs, Jobs], case: JobCase) -> None:
    conducted, left, after = job_campaign
    conducted.check(case)
    job = assert_job_ended(left, case, case.ends)
    assert_rows_ended(left, case, job)
    again = assert_job_ended(after, case, DONE)
    assert again["run"] == (2 if job["status"] == "FAILED" else 1)
    assert_rows_ended(after, case, again)
