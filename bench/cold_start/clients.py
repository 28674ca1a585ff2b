"""Which clients a function's start makes: those that the bare handler beside it must make, too.

Written down, so that one that comes to be made at every start is seen; a test compares them with
what build() makes.
"""

CLIENTS = {
    "accept_request": ["dynamodb", "s3"],
    "filter_keywords": [],
    "classify_prompt": ["comprehend"],
    "generate_images": ["dynamodb", "s3", "sagemaker-runtime", "stepfunctions"],
    "resume_generation": ["dynamodb", "stepfunctions"],
    "store_images": ["s3"],
    "moderate_images": ["rekognition"],
    "publish_images": ["s3"],
    "review_request": ["dynamodb", "events", "stepfunctions"],
    "close_execution": ["dynamodb", "events", "stepfunctions"],
    "record_unstarted": ["dynamodb", "events", "s3"],
    "count_outcomes": [],
    "prepare_batch": ["dynamodb", "events", "s3"],
    "summarize_batch": ["s3"],
    "prepare_dataset": ["dynamodb", "s3"],
    "moderate_dataset_images": ["rekognition", "s3"],
    "report_dataset": ["s3"],
    "prepare_training": ["dynamodb", "s3"],
    "judge_classifier": ["s3"],
    "follow_jobs": ["dynamodb", "events", "stepfunctions"],
    "watch_endpoint": ["application-autoscaling", "dynamodb", "sagemaker"],
    "check_prompt": [],
    "check_image": ["dynamodb", "rekognition"],
    "sweep_requests": ["dynamodb", "events", "s3", "stepfunctions"],
    "request_images": ["dynamodb", "stepfunctions"],
    "read_requests": ["dynamodb"],
    "appeal_request": ["dynamodb"],
    "read_reviews": ["dynamodb"],
    "decide_review": ["dynamodb"],
}

# Of a bare handler's CPU time, see docs/performance.md. What makes no client is compared with a
# handler that makes one for DynamoDB.
LIMITS = {"filter_keywords": 0.35, "count_outcomes": 0.35, "store_images": 1.30}
USUAL_LIMIT = 1.15
_USUAL_CLIENT = ("dynamodb",)


def beside(function: str) -> tuple[str, ...]:
    """The clients of the bare handler that a function is compared with."""
    return tuple(CLIENTS[function]) or _USUAL_CLIENT


def limit(function: str) -> float:
    """The largest ratio that a function may have."""
    return LIMITS.get(function, USUAL_LIMIT)
