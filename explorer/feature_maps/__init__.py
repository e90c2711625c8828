"""What a layer's channels hold on one picture."""

from .channels import ChannelStatistics, Correlations, channel_statistics, correlations

__all__ = ["ChannelStatistics", "Correlations", "channel_statistics", "correlations"]
