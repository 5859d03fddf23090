"""What the page says while the server is away, and once it is back."""

import re

import pytest

pytest.importorskip("playwright.async_api")

pytestmark = pytest.mark.browser

GONE = "The server cannot be reached. Look whether it still runs; this page notices when it is back."


async def test_says_that_the_server_is_gone_and_when_it_is_back(visit):
    await visit.sees_key_state("Signed in")
    assert not is_red(await badge_color(visit))
    await visit.page.context.set_offline(True)
    answer = await visit.run()

    [error] = answer["errors"]
    assert error["message"].startswith("No answer came: the server cannot be reached.")
    await visit.sees_key_state("Server gone")
    assert await visit.page.locator(".notice").inner_text() == GONE
    for mode in ("light", "dark"):
        await visit.page.emulate_media(color_scheme=mode)
        color = await badge_color(visit)
        assert is_red(color), (mode, color)
        assert color == await visit.page.evaluate("getComputedStyle(document.querySelector('.notice')).borderLeftColor")
    await visit.page.emulate_media(color_scheme="light")

    await visit.page.context.set_offline(False)
    await visit.sees_key_state("Signed in")
    assert not is_red(await badge_color(visit))
    assert not await visit.page.locator(".notice").is_visible()
    assert "errors" not in await visit.run()


async def test_notices_by_itself(visit):
    await visit.sees_key_state("Signed in")
    await visit.page.route("**/healthz", lambda route: route.fulfill(status=502, body="Bad Gateway"))
    await visit.sees_key_state("Server gone")
    await visit.page.unroute("**/healthz")
    await visit.sees_key_state("Signed in")


async def test_says_that_a_subscription_waits_and_ends_it_at_once(visit):
    sent = []

    def note(frame):
        sent.append(str(frame))

    visit.page.on("websocket", lambda socket: socket.on("framesent", note))
    await visit.open_tab("WatchEvents")
    await visit.page.get_by_role("button", name="Execute query").click()
    live = visit.page.locator(".live")
    await live.wait_for()
    assert await live.inner_text() == "Waiting for events. Make one happen: run a tab in a second window."

    await visit.page.wait_for_function(
        "() => document.querySelector('.graphiql-execute-button').ariaLabel.startsWith('Stop')"
    )
    while not any('"subscribe"' in frame for frame in sent):
        await visit.page.wait_for_timeout(50)
    await visit.page.get_by_role("button", name="Stop query").click()
    await live.wait_for(state="hidden")
    while not any('"complete"' in frame for frame in sent):
        await visit.page.wait_for_timeout(50)


def is_red(color: str) -> bool:
    """Whether a computed color, such as `rgb(192, 50, 43)`, has clearly more red than green and blue."""
    red, green, blue = map(int, re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", color).groups())
    return red >= 160 and red - max(green, blue) >= 80


async def badge_color(visit) -> str:
    return await visit.page.locator(".bar-key-state").evaluate("(badge) => getComputedStyle(badge).color")
