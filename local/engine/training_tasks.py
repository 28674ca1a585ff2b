"""`sagemaker:createTrainingJob`, plain and `.sync`: starts a training job and waits for its end.

moto passes this integration on to the service and cannot wait. As Step Functions does, the wait
ends with SageMaker's event; then the job is described once. Completed is the task's result; Failed
and Stopped are States.TaskFailed with the description as the cause. Errors that SageMaker's API
models are SageMaker.<name>Exception (ResourceInUse, ResourceLimitExceeded, ResourceNotFound), all
others SageMaker.AmazonSageMakerException, as Retry fields in
docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html have them; that a stopped job is
a failed task is our reading. A task that is no longer waited for stops its job.

Private names: state_task_service_factory.StateTaskServiceUnsupported (replaced: moto takes it for
SageMaker), _UNSUPPORTED_SERVICE_NAMES (SageMaker alone is left), StateTaskServiceCallback's hooks.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
    state_task_service_factory,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from local.engine import aws_events
from local.engine.integrations import service_failure, task_failure
from local.engine.nested_executions import Started
from local.engine.seams import replace

_ACTION = "createTrainingJob"
_EVENT = "SageMaker Training Job State Change"
_OVER = ("Completed", "Failed", "Stopped")
_MODELLED = ("ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound")
_lock = threading.Lock()
_ended: set[str] = set()
_listeners: dict[str, Callable[[], None]] = {}


def install() -> None:
    """Take over this one integration of SageMaker's."""
    replace(state_task_service_factory, "StateTaskServiceUnsupported", _TrainingTask)
    unsupported = state_task_service_factory._UNSUPPORTED_SERVICE_NAMES
    unsupported.intersection_update({"sagemaker"})
    aws_events.listen(_hear)


def _hear(kind: str, detail: dict[str, Any]) -> None:
    name = detail.get("TrainingJobName", "")
    if kind != _EVENT or detail.get("TrainingJobStatus") not in _OVER:
        return
    with _lock:
        _ended.add(name)
        wake = _listeners.pop(name, None)
    if wake:
        wake()


def _when_ended(name: str, wake: Callable[[], None]) -> None:
    with _lock:
        over = name in _ended
        if not over:
            _listeners[name] = wake
    if over:
        wake()


class _TrainingTask(state_task_service_callback.StateTaskServiceCallback):
    def __init__(self) -> None:
        # The interpreter's wait goes through a token's endpoint, though this task has no token.
        names = (ResourceCondition.Sync, ResourceCondition.WaitForTaskToken)
        patterns = {ResourceCondition(name) for name in names}
        super().__init__(supported_integration_patterns=patterns)

    def _validate_service_integration_is_supported(self) -> None:
        known = self.resource.condition in (None, ResourceCondition.Sync)
        if self.resource.api_action != _ACTION or not known:
            raise ValueError(f"of SageMaker, {_ACTION} and {_ACTION}.sync are supported here")

    def _eval_service_task(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: Any,
        state_credentials: Any,
    ) -> None:
        client = boto_client.boto_client_for(resource_runtime_part.region, "sagemaker")
        answer = client.create_training_job(**normalised_parameters)
        del answer["ResponseMetadata"]
        env.stack.append(answer)

    def _build_sync_resolver(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: Any,
        state_credentials: Any,
    ) -> Started:
        env.stack.pop()
        name = normalised_parameters["TrainingJobName"]
        client = boto_client.boto_client_for(resource_runtime_part.region, "sagemaker")

        def result() -> Any:
            told = client.describe_training_job(TrainingJobName=name)
            del told["ResponseMetadata"]
            self._normalise_response(told, service_action_name="describeTrainingJob")
            if told["TrainingJobStatus"] == "Completed":
                return told
            raise self._ended_badly(env, told)

        def cancel() -> None:
            with contextlib.suppress(ClientError, BotoCoreError):  # it has ended meanwhile
                client.stop_training_job(TrainingJobName=name)

        return Started(lambda wake: _when_ended(name, wake), result, cancel)

    def _from_error(self, env: Any, ex: Exception) -> Any:
        if isinstance(ex, BotoCoreError):
            return task_failure(self, env, "SageMaker.SdkClientException", str(ex))
        if not isinstance(ex, ClientError):
            return super()._from_error(env, ex)
        return service_failure(self, env, ex, "SageMaker", "AmazonSageMaker", _MODELLED)

    def _ended_badly(self, env: Any, description: Any) -> FailureEventException:
        failed = StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed)
        details: Any = {
            "taskFailedEventDetails": {
                "error": failed.error_name,
                "cause": to_json_str(description),
                "resource": self._get_sfn_resource(),
                "resourceType": self._get_sfn_resource_type(),
            }
        }
        return FailureEventException(
            FailureEvent(
                env=env,
                error_name=failed,
                event_type=HistoryEventType.TaskFailed,
                event_details=details,
            )
        )
