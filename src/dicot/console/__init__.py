"""VNC and serial consoles: signed links and the WebSocket bridge."""
