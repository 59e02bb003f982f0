"""The reference pages, each made from what declares it: one module a page."""
