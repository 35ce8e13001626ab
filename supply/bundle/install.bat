@echo off
rem Creates .venv beside this file and installs hqd from the wheels here; no network is used.
setlocal
cd /d "%~dp0"
py -3.11 -m venv .venv || goto failed
.venv\Scripts\python -m pip install --no-index --find-links wheels --require-hashes -r requirements.txt || goto failed
for %%W in (wheels\hqd_index-*.whl) do .venv\Scripts\python -m pip install --no-index --no-deps "%%W" || goto failed
.venv\Scripts\hqd doctor
echo Installed. Next: .venv\Scripts\hqd example provinces provinces
goto end
:failed
echo Not installed: Python 3.11 (64 bit) from its official installer is needed first, then run this file again.
:end
pause
