"""The fill rules and the engines that obey them."""
