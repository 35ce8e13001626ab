@echo off
rem What `make pipeline` does, for Windows: run.bat [options of hqd run]
setlocal
cd /d "%~dp0"
if not exist .venv\Scripts\hqd.exe call :setup || goto failed
.venv\Scripts\hqd demo --if-missing || goto failed
.venv\Scripts\hqd run %*
goto end
:setup
py -3 -m venv .venv || exit /b 1
set "SOURCE=--require-hashes -r requirements.lock"
if exist dist\bundle\windows\wheels set "SOURCE=--no-index --find-links dist\bundle\windows\wheels --require-hashes -r dist\bundle\windows\requirements.txt"
.venv\Scripts\python -m pip install --quiet --disable-pip-version-check %SOURCE% || exit /b 1
.venv\Scripts\python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . || exit /b 1
exit /b 0
:failed
echo Not run: Python 3.11 or newer is needed; see docs\en\release.md for an installation without a network.
:end
if "%~1"=="" pause
