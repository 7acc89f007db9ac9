"""One worker's time at work, until it is told to end."""

from connector.salesforce.budget import Budget


class Shift:
    """
    Asked between two units of work whether there is to be another.

    Once it is over no call to Salesforce is granted, so every step that asks for one comes to
    its end, and gives back what it held.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.over = False

    def end(self) -> None:
        self.over = True
        self._budget.close()
