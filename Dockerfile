# Lorelens in a container: `docker build -t lorelens .`, or by docker-compose.yml.
#
# PyTorch comes for processors alone. Where a registry's torch brings CUDA along, name PyTorch's index of CPU wheels:
#       docker build --build-arg PIP_EXTRA_INDEX_URL=... -t lorelens .
FROM python:3.11-slim-bookworm AS build

WORKDIR /opt/lorelens
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
ARG PIP_EXTRA_INDEX_URL=
ARG EXTRAS=local,web
COPY constraints.txt pyproject.toml README.md LICENSE ./
# torch by its version, before anything that could pull another: a layer that changes with it alone.
RUN pip install torch==2.13.0 --constraint constraints.txt
COPY adapters adapters
COPY bots bots
COPY config config
COPY core core
RUN pip install --constraint constraints.txt ".[${EXTRAS}]" torch==2.13.0


FROM python:3.11-slim-bookworm

# What OCR's OpenCV links to, git for sources that are repositories, and one process that reaps the others.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git libgl1 libglib2.0-0 tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 lorelens \
 && install --directory --owner=lorelens --group=lorelens /data
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 LORELENS_DATA=/data
USER lorelens
WORKDIR /home/lorelens
VOLUME /data
ENTRYPOINT ["tini", "--", "lorelens"]
CMD ["--help"]
