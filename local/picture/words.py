"""What a drawing cannot read from the ASL: short words, the way that goes well, wished places.

A state that is named nowhere here has its place, too; a test holds what is named to the ASL.
"""

from __future__ import annotations

import re

# The way on from a Choice whose first rule is not the usual one.
THROUGH = {
    ("ModerateDataset", "IsReported"): "StartFineTuning",
    ("TrainClassifier", "IsPrepared"): "StartTraining",
    ("TrainClassifier", "IsGoodEnough"): "DescribeEndpoint",
}
# A state off the trunk, the side it stands on, and the state of the trunk that it stands beside.
BESIDE = {
    "GenerateSafeImage": {
        "FindClaim": ("left", "AcceptRequest"),
        "AlreadyRequested": ("left", "IsNew"),
        "Ignored": ("left", "FilterKeywords"),
        "ReviewRequest": ("right", "FilterKeywords"),
        "EndReview": ("right", "IsPromptClean"),
        "IsApproved": ("right", "ClassifyPrompt"),
        "PlanNextAttempt": ("right", "StoreImages"),
        "AreWithheldShown": ("right", "PublishImages"),
        "Superseded": ("right", "RecordOutcome"),
        "UnknownVerdict": ("left", "PublishImages"),
        "NotRecorded": ("left", "RecordOutcome"),
        "NotAnnounced": ("left", "AnnounceOutcome"),
    },
    "RunBatch": {
        "AlreadyRun": ("left", "IsPrepared"),
        "Ignored": ("left", "RunRows"),
        "FindOutcome": ("right", "RunRow"),
        "MayRunAgain": ("right", "CountRow"),
        "RunRowAgain": ("right", "HasRowFailed"),
        "UnknownVerdict": ("left", "IsSummarized"),
        "Superseded": ("right", "RecordJob"),
        "NotRecorded": ("left", "RecordJob"),
        "NotAnnounced": ("left", "AnnounceJob"),
    },
    "ModerateDataset": {
        "AlreadyRun": ("left", "IsPrepared"),
        "UnknownVerdict": ("left", "StartFineTuning"),
        "Superseded": ("right", "RecordJob"),
        "NotRecorded": ("left", "RecordJob"),
        "NotAnnounced": ("left", "AnnounceJob"),
    },
    "TrainClassifier": {
        "StopTraining": ("right", "IsTrained"),
        "TrainingTooLong": ("right", "JudgeClassifier"),
        "TrainingFailed": ("left", "IsTrained"),
        "UpdateEndpoint": ("right", "DescribeEndpoint"),
        "CreateEndpoint": ("right", "IsInService"),
        "WaitForEndpoint": ("right", "IsGoodEnough"),
        "EndpointFailed": ("left", "IsInService"),
        "EndpointTooLong": ("left", "AllowScaling"),
        "NotScaled": ("left", "ScaleByLoad"),
        "UnknownVerdict": ("left", "IsGoodEnough"),
        "Superseded": ("right", "RecordJob"),
        "NotRecorded": ("left", "RecordJob"),
        "NotAnnounced": ("left", "AnnounceJob"),
    },
}
# Conditions that are longer than what they mean.
CONDITIONS = {
    "$prompt_approved and $states.input.verdict in ['block', 'review'] and"
    " $count($states.input.reasons[action = 'always']) = 0": "approved before",
    "$states.input.verdict in ['unsafe', 'filtered'] and $attempt < $number('${MaxAttempts}') and"
    " $usage.generated_images + $request.num_images <= $number('${MaxGeneratedImages}') and"
    " $count($states.input.reasons[rule != 'unknown_model_version']) > 0": "attempts left",
    "$decision.decision = 'approve' and $about = 'prompt' and"
    " 'FilterKeywords' in $held.stage": "approve, unclassified",
    "$decision.decision = 'approve' and $about = 'prompt'": "approve the prompt",
    "$decision.decision = 'regenerate' and $about = 'images' and"
    " $attempt < $number('${MaxAttempts}')": "regenerate",
    "$decision.decision in ['approve', 'reject', 'expire'] and"
    " $count($decision.deliver) > 0": "pictures to deliver",
    "$decision.decision in ['approve', 'reject', 'expire'] and"
    " $about = 'images'": "none to deliver",
    "$decision.decision in ['reject', 'expire'] and $about = 'prompt'": "reject, expire",
    "'${BlurredPreviews}' = 'true'": "yes",
    "$states.input.verdict = 'ready' and $states.input.job.total > 0": "ready, with rows",
    "$began_before and $job.run > 1 and $outcome.run > 0 and"
    " $outcome.status in ['FAILED', 'EXPIRED']": "failed before",
    "$states.input.verdict = 'done' and $outcome.status = 'COMPLETED' and"
    " $states.input.report.counts.not_judged > 0": "some not judged",
    "$states.input.verdict = 'done' and $outcome.status = 'COMPLETED' and"
    " $states.input.report.fine_tuning.status = 'ALLOWED'": "fine-tuning allowed",
    "$states.input.verdict = 'ready' and"
    " $type($states.input.training.model_arn) = 'string'": "trained before",
    "$states.input.Status in ['TRAINED', 'TRAINED_WITH_WARNING']": "trained",
    "$states.input.Status in ['SUBMITTED', 'TRAINING'] and $waited >= 86400": "after a day",
    "$states.input.Status in ['SUBMITTED', 'TRAINING']": "not yet",
    "$states.input.verdict = 'accept' and $training.deploy = false": "accept, not to deploy",
    "$states.input.Status = 'IN_SERVICE' and $states.input.ModelArn = $model": "with this model",
    "$states.input.Status in ['MISSING', 'IN_SERVICE', 'CREATING', 'UPDATING', 'DELETING'] and"
    " $waited >= 7200": "after two hours",
    "$states.input.Status = 'MISSING'": "there is none",
    "$states.input.Status = 'IN_SERVICE'": "with another model",
    "$states.input.Status in ['CREATING', 'UPDATING', 'DELETING']": "is changing",
}
_PLAIN = re.compile(r"[$\w.]+ (?:=|in) \[?('\w+'(?:, '\w+')*)\]?")


def words(condition: str) -> str:
    """A Choice rule's condition in a few words: its value, the table's, or what it begins with."""
    bare = condition.removeprefix("{%").removesuffix("%}").strip()
    if bare in CONDITIONS:
        return CONDITIONS[bare]
    if plain := _PLAIN.match(bare):
        return plain[1].replace("'", "") + ("" if plain.end() == len(bare) else " …")
    return bare[:20] + " …"
