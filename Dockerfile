# Offline: `make bundle` fetches the wheels first, and the image is built from them with no network:
#   docker build --network none -t hqd-index .
#   docker run --rm --network none -v "$PWD/results:/work" hqd-index
# The base image must be on the machine. Chinese characters in PDF and PNG need a font: put one into dist/bundle/fonts before.
FROM python:3.11-slim
RUN useradd --create-home --uid 1000 hqd && mkdir /work && chown hqd /work
COPY dist/bundle/linux/wheels /opt/wheels
COPY dist/bundle/linux/requirements.txt /opt/requirements.txt
COPY dist/bundle/fonts* /usr/share/fonts/hqd/
RUN python -m pip install --no-cache-dir --no-index --find-links /opt/wheels --require-hashes -r /opt/requirements.txt \
 && python -m pip install --no-cache-dir --no-index --no-deps /opt/wheels/hqd_index-*.whl \
 && rm -rf /opt/wheels
USER hqd
WORKDIR /work
ENV PYTHONDONTWRITEBYTECODE=1 HQD_LANG=zh
# Without arguments: the real example, then the synthetic demo, each in a folder of its own.
CMD ["sh", "-c", "hqd example provinces provinces && cd provinces && hqd run && cd .. && mkdir demo && cd demo && hqd demo && hqd run"]
