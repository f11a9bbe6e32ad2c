"""A company in which memberships change while everybody asks for everything, and what nobody may be shown."""

from tests.leaking.house import House, Opener, house_in
from tests.leaking.run import LeakRun
from tests.leaking.world import World

__all__ = ["House", "LeakRun", "Opener", "World", "house_in"]
