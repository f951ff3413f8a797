"""Tunnels: ways for webhooks from the internet to reach this machine."""
