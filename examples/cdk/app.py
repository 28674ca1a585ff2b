"""A CDK app that tells people of what waits for them: reviews, and requests worth another try."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

# By detail type, what the event's detail must say. Of what has failed: that another try may do, and
# that it is no row of a batch, of which there may be thousands.
HEARD = {
    "ImageInReview": None,
    "ImageFailed": {
        "retryable": [True],
        "requester": events.Match.anything_but_prefix("s3:batches"),
    },
}

app = cdk.App()
# It uploads no files, so that the account need not be bootstrapped for the CDK.
stack = cdk.Stack(app, "safelight-people", synthesizer=cdk.BootstraplessSynthesizer())
# By its name: Safelight is deployed with SAM, and no construct of this app.
bus_name = cdk.CfnParameter(
    stack, "EventBus", description="Safelight's output EventBus, in this account and region."
)
bus = events.EventBus.from_event_bus_name(stack, "Bus", bus_name.value_as_string)
people = sns.Topic(stack, "People", enforce_ssl=True)
undelivered = sqs.Queue(
    stack, "Undelivered", enforce_ssl=True, retention_period=cdk.Duration.days(14)
)
# Which request it is, and no more: mails are read by many. The API tells its own caller the rest.
request_id = events.EventField.from_path("$.detail.request_id")
told = targets.SnsTopic(
    people,
    dead_letter_queue=undelivered,
    message=events.RuleTargetInput.from_text(f"{events.EventField.detail_type}: {request_id}"),
)
for kind, detail in HEARD.items():
    events.Rule(
        stack,
        kind,
        event_bus=bus,
        event_pattern=events.EventPattern(source=["safelight"], detail_type=[kind], detail=detail),
        targets=[told],
    )
cdk.CfnOutput(stack, "PeopleTopic", value=people.topic_arn)
cdk.CfnOutput(stack, "UndeliveredMessages", value=undelivered.queue_url)

app.synth()
