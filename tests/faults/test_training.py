"""Every call of a training broken, its functions killed around each write, its execution stopped;
and every call that puts a model in service."""

import pytest
from faults.case import EVER, KILLS, Call, at, cases, killed, name_of
from faults.job_case import DONE, EITHER, JobCase, broken, cut_off, stopped
from faults.job_promises import assert_job_ended
from faults.training_campaign import TrainingCampaign, TrainingCase, Trainings
from workflow.running_trainings import version_of

pytestmark = pytest.mark.engine

FAILED = ("FAILED",)
READS = [
    ("PrepareTrainingFunction", "s3", "GetObject", 0),
    ("JudgeClassifierFunction", "s3", "GetObject", 0),
]
WRITES = [
    ("PrepareTrainingFunction", "dynamodb", "PutItem", 0),
    ("PrepareTrainingFunction", "s3", "PutObject", 0),
    ("JudgeClassifierFunction", "s3", "PutObject", 0),
]
MACHINE = [
    ("/PrepareTraining", "lambda", "Invoke", 0),
    ("/StartTraining", "comprehend", "CreateDocumentClassifier", 0),
    ("/DescribeTraining", "comprehend", "DescribeDocumentClassifier", 0),
    ("/JudgeClassifier", "lambda", "Invoke", 0),
    ("/RecordJob", "dynamodb", "UpdateItem", 0),
    ("/AnnounceJob", "events", "PutEvents", 0),
    ("/MarkJobAnnounced", "dynamodb", "UpdateItem", 0),
]
FOLLOWING = [
    ("FollowJobsFunction", "states", "DescribeExecution", 0),
    ("FollowJobsFunction", "dynamodb", "UpdateItem", 0),
    ("FollowJobsFunction", "events", "PutEvents", 0),
    ("FollowJobsFunction", "dynamodb", "UpdateItem", 1),
]
ENDPOINT = [
    ("/DescribeEndpoint", "comprehend", "DescribeEndpoint", 0),
    ("/CreateEndpoint", "comprehend", "CreateEndpoint", 0),
    ("/UpdateEndpoint", "comprehend", "UpdateEndpoint", 0),
    ("/DescribeEndpoint", "comprehend", "DescribeEndpoint", 1),
    ("/AllowScaling", "application-autoscaling", "RegisterScalableTarget", 0),
    ("/ScaleByLoad", "application-autoscaling", "PutScalingPolicy", 0),
]
SCALING = ("/AllowScaling", "/ScaleByLoad")


def trainings(made: list[JobCase]) -> list[TrainingCase]:
    return [TrainingCase(**vars(case)) for case in made]


BROKEN = broken(
    "classifier", [*READS, *WRITES, *MACHINE],
    quick=("lost-StartTraining-CreateDocumentClassifier-1",),
)  # fmt: skip
KILLED = cut_off("classifier", WRITES, quick=("kill_after-PrepareTraining-PutObject-1",))
STOPPED = [
    stopped("classifier", call, FAILED if call[0] in ("/PrepareTraining", "/JudgeClassifier")
            else EITHER, quick=call[0] == "/JudgeClassifier")
    for call in MACHINE
    if call[0] != "/MarkJobAnnounced"
]  # fmt: skip
FOLLOWED = [
    stopped("classifier", MACHINE[3], FAILED, killed(call, how), quick=False)
    for call in FOLLOWING
    for how in (*KILLS, "error", "lost", "malformed")
]


def on_endpoint(call: Call, how: str, ever: bool = False) -> TrainingCase:
    """A model on its way into service, and one of the calls for that broken."""
    name = f"{how}-{name_of(call).strip('/')}{'-ever' if ever else ''}"
    rule = at(*call[:3], how, skip=call[3], **(EVER if ever else {}))
    return TrainingCase(
        f"endpoint-{name}",
        FAILED if ever and call[0] not in SCALING else DONE,
        (rule,),
        quick=name == "lost-CreateEndpoint-CreateEndpoint-1",
        on_endpoint=True,
        no_endpoint=call[0] == "/CreateEndpoint",
    )


ENDPOINTS = [
    on_endpoint(call, *how)
    for call in ENDPOINT
    for how in (("error",), ("throttle",), ("lost",), ("error", True))
]
Conducted = tuple[TrainingCampaign, Trainings]


@cases([*trainings(BROKEN), *trainings(KILLED), *trainings(STOPPED), *trainings(FOLLOWED)])
def test_a_training_meets_a_fault(training_campaign: Conducted, case: TrainingCase) -> None:
    campaign, left = training_campaign
    campaign.check(case)
    unreadable = case.rules[0]["kind"] == "malformed" and "PrepareTraining-GetObject" in case.name
    job = assert_job_ended(left.jobs, case, (*case.ends, *("INVALID",) * unreadable))
    paid = left.classifiers.get(version_of(case.run_name))
    if job["status"] == "COMPLETED":
        assert paid is not None
        assert job["report"]["model_arn"] == paid["DocumentClassifierArn"]
        assert f"reports/classifier/{paid['VersionName']}/metrics.json" in left.jobs.objects
    if job["status"] == "INVALID" or job["stage"] == "PrepareTraining":
        assert paid is None, "paid for nothing"


def test_nothing_was_trained_that_no_execution_asked_for(training_campaign: Conducted) -> None:
    campaign, left = training_campaign
    asked = {version_of(arn) for arn in left.jobs.ended}
    assert left.classifiers.keys() <= asked
    assert campaign.cases


@cases([*ENDPOINTS])
def test_a_model_on_its_way_into_service_meets_a_fault(
    training_campaign: Conducted, case: TrainingCase
) -> None:
    campaign, left = training_campaign
    campaign.check(case)
    job = assert_job_ended(left.jobs, case, case.ends)
    asked, now = left.served[case.name]
    assert job["report"]["deployed"] is (job["status"] == "COMPLETED")
    if job["status"] == "COMPLETED":
        assert now is not None
        assert (now["Status"], now["ModelArn"]) == ("IN_SERVICE", asked)
    scaled = not (case.rules[0]["times"] is None and case.rules[0]["caller"] in SCALING)
    if job["status"] == "COMPLETED":
        rules = [reason["rule"] for reason in job["reasons"] if reason["stage"] == "ScaleByLoad"]
        assert bool(rules) is not scaled
