"""A story adds up what it is told, and nothing else."""

from dataclasses import replace

from solely.web.story import Flow


def test_what_stands_is_the_sum_of_all_flows(story):
    assert story.standing == sum(flow.givings for flow in story.solely) == 2_510


def test_security_givings_in_advertising_are_counted_on_both_sides(story):
    assert story.security_in_ads == 90 + 280
    assert story.security_in_ads_with_solely == 0


def test_a_leak_in_solely_would_be_told(story):
    leaky = replace(story, solely=(*story.solely, Flow("phone", "security", "tailored", 3)))
    assert leaky.security_in_ads_with_solely == 3


def test_both_platforms_hold_the_same_contacts(story):
    assert story.standing == sum(flow.givings for flow in story.without)
