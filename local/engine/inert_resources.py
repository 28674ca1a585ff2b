"""Resource types that a template may hold and that do nothing here.

ministack refuses a whole template for one type that it does not know. Those that only watch or
permit are taken as they are: nothing on this machine evaluates an alarm or a policy. Private names:
provisioners._RESOURCE_HANDLERS, _physical_name, _cw_metric_alarm_create and _cw_metric_alarm_update
(alarms on metric math are refused; the others are ministack's own).
"""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import provisioners

from local.engine.settings import ACCOUNT, REGION

_TYPES = (
    "AWS::CloudWatch::AnomalyDetector",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::Events::EventBusPolicy",
    "AWS::Logs::QueryDefinition",
)
Properties = dict[str, Any]
Created = tuple[str, dict[str, str]]


def install() -> None:
    """Accept the types, and alarms on metric math."""
    handlers = provisioners._RESOURCE_HANDLERS
    for kind in _TYPES:
        handlers.setdefault(kind, {"create": _create, "update": _update, "delete": _delete})
    alarms = handlers["AWS::CloudWatch::Alarm"]
    create, update, delete = alarms["create"], alarms["update"], alarms["delete"]

    def create_alarm(logical_id: str, properties: Properties, stack: str) -> Created:
        return (_create if "Metrics" in properties else create)(logical_id, properties, stack)

    def update_alarm(
        name: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Created:
        if "Metrics" in new:
            return _update(name, old, new, stack)
        changed: Created = update(name, old, new, stack, logical_id)
        return changed

    def delete_alarm(name: str, properties: Properties) -> None:
        if "Metrics" not in properties:
            delete(name, properties)

    alarms.update(create=create_alarm, update=update_alarm, delete=delete_alarm)


def _create(logical_id: str, properties: Properties, stack: str) -> Created:
    name = properties.get("AlarmName") or provisioners._physical_name(stack, logical_id)
    return name, {"Arn": _arn(name)}


def _update(name: str, _: Properties, __: Properties, ___: str) -> Created:
    return name, {"Arn": _arn(name)}


def _delete(_: str, __: Properties) -> None:
    """Nothing was made."""


def _arn(name: str) -> str:
    return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
