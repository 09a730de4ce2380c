# One image for every part of Meteo that is Python: service, pipeline, Dagster's own processes, MLflow.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --quiet uv==0.13.9 \
 && python3 -m venv --without-pip /opt/meteo
WORKDIR /app
# The packages change less often than the code: a layer of their own. Without the tools of the tests.
COPY pyproject.toml requirements.lock overrides.txt README.md LICENSE ./
RUN /opt/uv/bin/uv pip install --quiet --python /opt/meteo/bin/python \
      --requirement pyproject.toml --extra scale --constraint requirements.lock --override overrides.txt
COPY meteo_core meteo_core
COPY meteo_assets meteo_assets
COPY meteo_api meteo_api
COPY meteo_cli meteo_cli
COPY dagster.yaml workspace.yaml ./
COPY deploy deploy
RUN /opt/uv/bin/uv pip install --quiet --python /opt/meteo/bin/python --no-deps --editable . \
 && /opt/meteo/bin/python -m compileall -q meteo_core meteo_assets meteo_api meteo_cli

FROM ${PYTHON_IMAGE}
ARG GIT_SHA=unknown
ENV PATH=/opt/meteo/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib PGPASSFILE=/tmp/pgpass \
    METEO_HOME=/state METEO_GIT_SHA=${GIT_SHA} \
    MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true DAGSTER_DISABLE_TELEMETRY=1
COPY --from=build /opt/meteo /opt/meteo
COPY --from=build /app /app
# For backups. Of the same release as the server, which an older client refuses.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
# A new volume takes the owner of the folder that it is mounted on.
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin meteo \
 && mkdir /state /artifacts /gateway /backups && chown meteo:meteo /state /artifacts /gateway /backups
WORKDIR /app
USER 10001:10001
ENTRYPOINT ["/app/deploy/entrypoint.sh"]
CMD ["meteo", "--help"]
