# One image for every process: `quaestor migrate`, `quaestor serve`, `quaestor worker`.
FROM python:3.13-slim AS build
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /usr/local/bin/uv
WORKDIR /quaestor
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PROJECT_ENVIRONMENT=/opt/quaestor
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --locked --no-dev --extra telemetry --no-install-project
COPY app app
COPY workers workers
COPY docs docs
RUN uv sync --locked --no-dev --extra telemetry --no-editable

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home quaestor
COPY --from=build /opt/quaestor /opt/quaestor
ENV PATH=/opt/quaestor/bin:$PATH PYTHONUNBUFFERED=1 QUAESTOR_HOST=0.0.0.0
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["quaestor", "serve"]
