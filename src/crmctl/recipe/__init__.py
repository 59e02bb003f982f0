"""Recipes: strict YAML with positions, validated as a whole, then run as one."""

from crmctl.recipe.loading import find_recipe, load_recipe, recipe_schema, shipped_recipes
from crmctl.recipe.model import Param, Recipe, RecipeStep
from crmctl.recipe.planning import PlannedStep, plan
from crmctl.recipe.running import run_recipe

__all__ = [
    "Param", "PlannedStep", "Recipe", "RecipeStep", "find_recipe", "load_recipe", "plan", "recipe_schema", "run_recipe",
    "shipped_recipes",
]  # fmt: skip
