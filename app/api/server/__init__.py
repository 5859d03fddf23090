"""Between the sockets and the doors: uvicorn's protocols, with limits that hold before memory is spent."""
