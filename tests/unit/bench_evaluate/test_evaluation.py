"""Every figure of the small sets, counted by hand."""

from bench.evaluate.evaluation import Evaluation
from bench.evaluate.figures import Rate
from bench.evaluate.judging import Judge
from bench.evaluate.keyword_figures import OURS, KeywordFigures
from bench.evaluate.layers import FILTER, Group
from bench.evaluate.post_figures import PostFigures
from bench.evaluate.prompt_figures import HARD, PLAIN, PromptFigures

UNSEEN = Judge("both", "toxicity", "sources")


def keywords(evaluation: Evaluation) -> KeywordFigures:
    assert evaluation.keywords
    return evaluation.keywords


def prompts(evaluation: Evaluation) -> PromptFigures:
    assert evaluation.prompts
    return evaluation.prompts


def posts(evaluation: Evaluation) -> PostFigures:
    assert evaluation.posts
    return evaluation.posts


def flagged(groups: list[Group], *names: str) -> Rate:
    return next(group.flagged[UNSEEN] for group in groups if group.names == names)


def test_what_stands_apart_is_in_no_sum(evaluation: Evaluation) -> None:
    figures = keywords(evaluation)
    assert figures.overall(OURS, forbidden=True) == Rate(2, 2)
    assert figures.overall(OURS, forbidden=False) == Rate(0, 1)
    apart = {one.name: one.flagged[OURS].hits for one in figures.techniques if one.apart}
    assert apart["homonym_name"] == 1


def test_wrongly_judged_cases_are_kept_by_line(evaluation: Evaluation) -> None:
    assert keywords(evaluation).misses["homonym_name"] == [5]
    assert "plain" not in keywords(evaluation).misses


def test_prompts_are_counted_by_source_and_subset(evaluation: Evaluation) -> None:
    figures = prompts(evaluation)
    assert flagged(figures.subsets, "captions", "benign") == Rate(1, 2)
    assert flagged(figures.subsets, "written", "explicit") == Rate(1, 1)
    assert flagged(figures.subsets, "written", "implicit") == Rate(0, 1)
    assert flagged(figures.harms, "shocking", "explicit") == Rate(1, 1)
    assert flagged(figures.difficulties, PLAIN) == Rate(1, 2)
    assert flagged(figures.difficulties, HARD) == Rate(0, 1)


def test_posts_are_counted_by_source_and_label(evaluation: Evaluation) -> None:
    by_label = {group.unsafe: group.flagged[UNSEEN] for group in posts(evaluation).sources}
    assert by_label == {True: Rate(1, 1), False: Rate(0, 2)}


def test_aims_speak_of_what_was_not_trained_on(evaluation: Evaluation) -> None:
    told = {target.subject: target for target in evaluation.targets}
    assert "plain safe prompts flagged, source unseen" in told
    assert "explicit unsafe of written caught, source known" in told
    assert not any("trained on" in subject for subject in told)


def test_aims_are_judged_one_by_one(evaluation: Evaluation) -> None:
    met = {target.subject: target.met for target in evaluation.targets}
    assert met["plain safe prompts flagged, source unseen"] is False
    assert met["look-alikes and styles flagged, source unseen"] is True
    assert met["explicit unsafe of written caught, source unseen"] is True


def test_thresholds_move_together_in_the_curves(evaluation: Evaluation) -> None:
    one = next(plot for plot in prompts(evaluation).plots if plot.unsafe == ("written", "explicit"))
    assert one.safe == (PLAIN,)
    # One of the two plain prompts scores as high as the unsafe one, the other lower.
    assert one.curves[UNSEEN].auc == 0.75
    assert one.marks[FILTER] == (Rate(0, 2), Rate(0, 1))


def test_another_policy_is_compared_text_by_text(evaluation: Evaluation) -> None:
    changed = {
        (one.judge, one.names): (one.newly_flagged, one.no_longer)
        for one in evaluation.differences["prompts"]
    }
    assert changed[UNSEEN, ("captions", "benign")] == (1, 0)
    assert (UNSEEN, ("written", "implicit")) not in changed
    assert (Judge("both", "custom", "sources"), ("captions", "benign")) not in changed
    assert evaluation.differences["keyword cases, the policies' lists"] == []
