"""Comprehend's operations on classifiers and their endpoints, as the server sees them."""

from local.ai.custom_classification.classifiers import NAME, Classifiers
from local.ai.custom_classification.endpoints import Endpoints
from local.ai.custom_classification.learning import Learned
from local.ai.custom_classification.plan import Plan
from local.ai.engine_client import EngineClient
from local.ai.wire import Json, Reply, json_reply


class CustomClassification:
    """One account's classifiers and endpoints; `plan` says how they are to go."""

    name = NAME

    def __init__(self, engine: EngineClient) -> None:
        self.plan = Plan()
        self._classifiers = Classifiers(engine, self.plan)
        self._endpoints = Endpoints(self._classifiers, self.plan)
        self.operations = {
            "CreateDocumentClassifier": self._classifiers.create,
            "DescribeDocumentClassifier": self._classifiers.describe,
            "ListDocumentClassifiers": self._classifiers.list_all,
            "StopTrainingDocumentClassifier": self._classifiers.stop,
            "DeleteDocumentClassifier": self._delete_classifier,
            "CreateEndpoint": self._endpoints.create,
            "DescribeEndpoint": self._endpoints.describe,
            "ListEndpoints": self._endpoints.list_all,
            "UpdateEndpoint": self._endpoints.update,
            "DeleteEndpoint": self._endpoints.delete,
        }

    def handle(self, operation: str, request: Json) -> Reply:
        """The reply; ServiceError."""
        return json_reply(self.operations[operation](request))

    def model(self, endpoint: str) -> Learned | None:
        """The model that answers at an endpoint's ARN."""
        return self._endpoints.model(endpoint)

    def _delete_classifier(self, request: Json) -> Json:
        return self._classifiers.delete(request, self._endpoints.used_models())
