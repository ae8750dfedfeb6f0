"""Waiting on a page whose policy refuses `eval`, by which Playwright's own `wait_for_function` asks again."""


def until(page, expression, arg=None):
    """The value of an expression once it is true."""
    for _ in range(300):
        if value := page.evaluate(expression, arg):
            return value
        page.wait_for_timeout(50)
    raise AssertionError(f"It never came true: {expression}")
